// Queries, form bodies, cookies and media types.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/limits.h"
#include "http/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using kidoban::http::Form;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto form = Form::parse(text)) {
    if (form->fields().size() > kidoban::limits::form_fields) std::abort();
    for (const auto& [name, value] : form->fields()) {
      if (name.find('\0') != std::string::npos || value.find('\0') != std::string::npos) std::abort();
    }
    // What is written is read as the same.
    const auto again = Form::parse(form->encode());
    if (!again || again->fields() != form->fields()) std::abort();
    (void)form->repeated();
  }
  kidoban::http::Request request;
  request.headers = {{"cookie", text}, {"accept", text}, {"content-type", text}};
  if (const auto value = request.cookie("__Host-kidoban-demo"); value && value->find(';') != std::string_view::npos) std::abort();
  (void)request.wants_json();
  (void)request.content_type();
  return 0;
}
