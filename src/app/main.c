/*
 * main.c - the program's front door: one command word, one function
 */
#include <stdio.h>

int main(int argc, char **argv)
{
	(void)argv;
	if (argc < 2)
		fputs("usage: offhook COMMAND\n", stderr);
	return argc < 2 ? 2 : 0;
}
