#pragma once
// Spells the rows of api_command.h on the command line. CLI11 stays in .cpp files.

#include <functional>
#include <memory>

#include "service/api_command.h"
#include "service/config.h"
#include "service/output.h"

namespace CLI {
class App;
}

namespace kidoban::service {

// Makes the act of a subcommand: what command_line.cpp does with whichever was chosen.
using Act = std::function<Status(const Config&, const Output&)>;
using AddCommand = std::function<CLI::App*(CLI::App& parent, const std::string& name, const std::string& help, Act act)>;

// The arguments of a row, for a subcommand that does more than ask it.
void spell(CLI::App& sub, const std::shared_ptr<ApiArguments>& arguments, const ApiCommand& command);
// Adds every row's subcommand, below the noun that may be there already.
void add_api_commands(CLI::App& app, const AddCommand& add);

}  // namespace kidoban::service
