#include "service/command_line.h"

int main(int argc, char** argv) { return kidoban::service::run_command_line(argc, argv); }
