// Bodies of the administrators' API.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "console/json_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto body = kidoban::console::JsonBody::parse({reinterpret_cast<const char*>(data), size});
  if (!body) return 0;
  const auto login = body->text("login");
  if (login && *login && !kidoban::is_utf8(**login)) std::abort();
  (void)body->flag("administrator");
  (void)body->required_text("name");
  (void)body->done();
  return 0;
}
