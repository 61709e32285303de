#pragma once
// What a tenant sets of its mails: section "mail" of its settings.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "mail/wording.h"

namespace kidoban::mail {

struct MailSettings {
  std::string from_name;                        // beside the operator's address; "" for the tenant's own name
  std::string reply_to;                         // "" for none
  page::Language default_language = page::Language::ja;  // of whoever has no language
  std::vector<std::string> system_destinations; // where mails to nobody in particular go
  // Who gets a copy of mails that carry a temporary password: the way in for people whose mailbox stands behind this
  // very sign-in. Never of a reset's link.
  std::vector<std::string> issued_copies;
  std::map<std::pair<Occasion, page::Language>, Text> wording;

  // The tenant's own, else the built-in ones.
  Text words(Occasion occasion, page::Language language) const;
};

inline constexpr std::string_view settings_section = "mail";

// Strictly: malformed/"json_malformed", "member_unknown", "member_malformed", "name_malformed", "email_malformed",
// "destinations_too_many", "language_unknown", "mail_unknown", and what check_wording says.
Result<MailSettings> parse_settings(std::string_view json);
std::string settings_json(const MailSettings& settings);

Result<page::Language> language_named(std::string_view code);  // malformed/"language_unknown"

}  // namespace kidoban::mail
