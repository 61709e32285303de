// Names, subjects and addresses of mails, as strangers would like them: whatever comes, one header comes out.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/header.h"

namespace {

void must_be_one_header(std::string_view header) {
  if (!header.ends_with("\r\n") || !kidoban::is_utf8(header)) std::abort();
  header.remove_suffix(2);
  while (!header.empty()) {
    const std::size_t end = std::min(header.size(), header.find("\r\n"));
    const std::string_view line = header.substr(0, end);
    if (line.size() > 998 || line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) std::abort();
    if (line.find("=?") != std::string_view::npos && line.size() > 76) std::abort();
    header.remove_prefix(end);
    if (header.empty()) break;
    header.remove_prefix(2);
    if (!header.starts_with(' ')) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  must_be_one_header(kidoban::mail::unstructured_header("Subject", text));
  must_be_one_header(kidoban::mail::address_header("To", text, "a@b.example"));
  if (const auto address = kidoban::mail::sendable_address(text)) {
    must_be_one_header(kidoban::mail::address_header("To", "", *address));
    if (address->find_first_of(" <>,;:\"\r\n") != std::string::npos) std::abort();
    // What can be sent to stays what it is.
    if (kidoban::mail::sendable_address(*address) != address) std::abort();
  }
  return 0;
}
