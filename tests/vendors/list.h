/* list.h - one row a simulator; where two have the same path, the first gets it unless another one is named
 */
VENDOR_SIM(openai_chat)
VENDOR_SIM(vllm_chat)
VENDOR_SIM(ollama_chat)
VENDOR_SIM(llamacpp_chat)
VENDOR_SIM(groq_chat)
VENDOR_SIM(gemini_chat)
VENDOR_SIM(azure_chat)
VENDOR_SIM(azure_chat_deployed)
VENDOR_SIM(openrouter_chat)
VENDOR_SIM(deepgram_listen)
VENDOR_SIM(cartesia)
VENDOR_SIM(anthropic)
