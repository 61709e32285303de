#include "store/migration_text.h"

namespace kidoban::store {

Result<std::string> text_for(std::string_view engine, std::string_view file) {
  std::string out;
  std::size_t at = 0;
  while (at < file.size()) {
    const std::size_t begin = file.find("/*!", at);
    out.append(file.substr(at, begin - at));
    if (begin == std::string_view::npos) return out;
    const std::size_t end = file.find("*/", begin);
    if (end == std::string_view::npos) return fail(Kind::malformed, "migration_malformed", "a /*! without its */");
    std::string_view part = file.substr(begin + 3, end - begin - 3);
    const std::size_t name_end = part.find_first_of(" \t\r\n");
    const std::string_view name = part.substr(0, name_end);
    if (name != "sqlite" && name != "postgres") {
      return fail(Kind::malformed, "migration_malformed", "a part for an unknown engine: " + std::string(name));
    }
    const bool ours = name == (engine == "sqlite" ? "sqlite" : "postgres");
    if (ours && name_end != std::string_view::npos) out.append(part.substr(name_end));
    at = end + 2;
  }
  return out;
}

}  // namespace kidoban::store
