#pragma once
// How the program is spelled on the command line: subcommands, their flags and their help.

namespace kidoban::service {

// The exit code: 0 done; 1 refused or failed; 2 the configuration or an argument is wrong; 3 the store
// can't be used; 4 the root key doesn't fit; 5 it can't listen.
int run_command_line(int argc, char** argv);

}  // namespace kidoban::service
