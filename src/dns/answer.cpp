#include "dns/answer.h"

#include <ares.h>

#include "base/limits.h"

namespace kidoban::dns {

Failure failure_of(int status, const std::string& name) {
  const std::string note = name + ": " + ares_strerror(status);
  switch (status) {
    case ARES_ENOTFOUND: return fail(Kind::not_found, "dns_name_unknown", note);
    case ARES_ESERVFAIL: return fail(Kind::unavailable, "dns_server_failed", note);
    case ARES_EREFUSED:
    case ARES_ENOTIMP:
    case ARES_EFORMERR: return fail(Kind::unavailable, "dns_refused", note);
    case ARES_ETIMEOUT:
    case ARES_ECANCELLED: return fail(Kind::unavailable, "dns_timeout", note);
    case ARES_ECONNREFUSED: return fail(Kind::unavailable, "dns_unreachable", note);
    case ARES_EBADNAME: return fail(Kind::malformed, "dns_name_malformed", note);
    case ARES_ENOMEM: return fail(Kind::unavailable, "dns_no_memory", note);
    default: return fail(Kind::unavailable, "dns_answer_malformed", note);
  }
}

Texts texts_of(std::span<const std::uint8_t> answer) {
  ares_txt_ext* first = nullptr;
  const int status = ares_parse_txt_reply_ext(answer.data(), static_cast<int>(answer.size()), &first);
  const std::unique_ptr<ares_txt_ext, decltype(&ares_free_data)> owned(first, &ares_free_data);
  if (status == ARES_ENODATA) return std::vector<std::string>{};
  if (status != ARES_SUCCESS) return failure_of(status, "an answer");
  std::vector<std::string> all;
  for (const ares_txt_ext* part = first; part != nullptr; part = part->next) {
    if (part->record_start != 0 || all.empty()) {
      if (all.size() == limits::dns_records) return fail(Kind::unavailable, "dns_answer_too_large");
      all.emplace_back();
    }
    // One byte more than may be says that it was too long.
    std::string& text = all.back();
    if (text.size() <= limits::dns_text_bytes) text.append(reinterpret_cast<const char*>(part->txt), part->length);
  }
  std::erase_if(all, [](const std::string& text) { return text.size() > limits::dns_text_bytes; });
  return all;
}

}  // namespace kidoban::dns
