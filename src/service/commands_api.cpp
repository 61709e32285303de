// openapi.

#include <stdlib.h>

#include <cstdio>

#include "service/commands.h"
#include "service/rooms.h"

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

// Where tenants stand, for whoever reads it elsewhere: "https://id.example.com/t/{slug}".
std::string url_of_tenants(const Config& config) {
  constexpr std::string_view placeholder = "{public_url}";
  std::string url = config.tenant_url;
  if (const auto at = url.find(placeholder); at != std::string::npos) {
    url.replace(at, placeholder.size(), config.public_url.empty() ? default_public_url(config, 8080) : config.public_url);
  }
  return url;
}

}  // namespace

// The table of routes is the one that serves: it is made on an empty house of its own.
Status openapi(const Config& config) {
  const auto folder = TRY(Passing::make());
  Config own;
  own.data = folder.path();
  own.public_url = config.public_url;
  own.tenant_url = config.tenant_url;
  own.log_level = "error";
  const auto house = TRY(House::open(own));
  const page::Pages pages({{"page", page::resources()}});  // none is shown
  Rooms rooms(*house, pages, http::Reach{}, *house->store);
  http::Routes routes;
  const console::Inside inside = rooms.inside();
  console::add_routes(routes, inside);
  std::printf("%s\n", TRY(console::openapi_text(routes, inside, url_of_tenants(own))).c_str());
  return {};
}

}  // namespace kidoban::service
