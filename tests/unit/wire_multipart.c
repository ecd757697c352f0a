/* Forms with a file, byte for byte. */
#include "wire/multipart.h"

#include "test.h"

TEST(multipart_writes_a_form)
{
	struct multipart m = {.boundary = STR("xyz")};
	struct buf out, type;

	buf_init(&out, 1024);
	buf_init(&type, 128);
	m.out = &out;
	multipart_type(&m, &type);
	CHECK_STR(buf_str(&type), "multipart/form-data; boundary=xyz");
	multipart_field(&m, STR("model"), STR("whisper-1"));
	multipart_field(&m, STR("a\"b\r\nc"), STR(""));
	multipart_file(&m, STR("file"), STR("u.wav"), STR("audio/wav"));
	buf_add_str(m.out, STR("RIFF"));
	multipart_end(&m);
	CHECK_STR(buf_str(&out),
		  "--xyz\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
		  "--xyz\r\nContent-Disposition: form-data; name=\"a%22b%0D%0Ac\"\r\n\r\n\r\n"
		  "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"u.wav\"\r\n"
		  "Content-Type: audio/wav\r\n\r\nRIFF\r\n--xyz--\r\n");
	buf_fini(&out);
	buf_fini(&type);
}
