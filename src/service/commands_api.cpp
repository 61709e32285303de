// openapi.

#include <stdlib.h>

#include "service/commands.h"
#include "service/serve.h"

namespace kidoban::service {

namespace {

// A folder that goes with what is in it.
class Passing {
 public:
  static Result<Passing> make() {
    std::string name = (std::filesystem::temp_directory_path() / "kidoban-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return fail(Kind::unavailable, "data_folder_unusable", "no temporary folder can be made");
    return Passing(name);
  }
  explicit Passing(std::filesystem::path path) : path_(std::move(path)) {}
  Passing(Passing&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Passing& operator=(Passing&&) = delete;
  ~Passing() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

// The table of routes is the one that serves: it is made on an empty house of its own.
Status openapi(const Config& config) {
  const auto folder = TRY(Passing::make());
  Config own;
  own.data = folder.path();
  own.public_url = config.public_url;
  own.tenant_url = config.tenant_url;
  own.log_level = "error";
  return serve(own, {.demo = false, .only_openapi = true});
}

}  // namespace kidoban::service
