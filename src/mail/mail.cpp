#include "mail/mail.h"

#include "mail/header.h"
#include "mail/letter.h"
#include "mail/queue_store.h"

namespace kidoban::mail {

namespace {

bool carries_password(Occasion occasion) { return occasion == Occasion::account_issued || occasion == Occasion::new_temporary_password; }

// Somebody sits and waits for it.
Urgency urgency_of(Occasion occasion) {
  return occasion == Occasion::password_reset || occasion == Occasion::address_confirmation ? Urgency::awaited : Urgency::ordinary;
}

}  // namespace

audit::Event event_about(Reason name, audit::Outcome outcome, std::string_view occasion, std::string_view person, std::string_view address) {
  audit::Event event{.name = name, .outcome = outcome, .actor = {audit::ActorKind::system, std::nullopt}};
  if (const auto id = Id::parse(person)) {
    event.target_kind = "person";
    event.target = *id;
  }
  event.detail.emplace_back("mail", occasion);
  event.detail.emplace_back("to", address);
  return event;
}

Result<Mail::Set> Mail::settings(store::Transaction& tx) {
  const auto section = TRY(settings_.read(tx, settings_section));
  if (!section) return Set{};
  return Set{TRY(parse_settings(section->json)), section->version};
}

Status Mail::queue(store::Transaction& tx, const Message& message, const MailSettings& settings, std::string_view envelope_to) {
  const Recipient& to = message.to;
  Letter letter;
  letter.occasion = word_of(message.occasion);
  letter.person = to.person ? to.person->text() : std::string();
  const auto address = sendable_address(to.address);
  const auto envelope = envelope_to.empty() ? address : sendable_address(envelope_to);
  if (!address || !envelope) {
    auto event = event_about("mail.given_up", audit::Outcome::failed, letter.occasion, letter.person, to.address);
    event.reason = "address_unsendable";
    return audit_.append(tx, event);
  }
  letter.to = *address;
  letter.envelope_to = *envelope;
  letter.to_name = to.name;
  letter.from_name = settings.from_name.empty() ? message.company : settings.from_name;
  letter.reply_to = settings.reply_to;
  const auto language = to.locale.empty() ? settings.default_language : page::choose_language(to.locale, {});
  letter.language = page::code_of(language);
  Values values = message.values;
  values.emplace_back("name", to.name.empty() ? to.address : to.name);
  values.emplace_back("company", message.company);
  values.emplace_back("url", message.url);
  Text text = filled(settings.words(message.occasion, language), values, language, to.zoneinfo);
  letter.subject = std::move(text.subject);
  letter.body = std::move(text.body);
  const auto key = TRY(keys_.of(tx));
  return insert_letter(tx, *key, new_id(clock_, random_), urgency_of(message.occasion), message.useless_after, letter, clock_.now());
}

Status Mail::send(store::Transaction& tx, const Message& message) {
  const MailSettings settings = TRY(this->settings(tx)).settings;
  TRY(queue(tx, message, settings, {}));
  if (!carries_password(message.occasion)) return {};
  for (const std::string& copy : settings.issued_copies) TRY(queue(tx, message, settings, copy));
  return {};
}

Status Mail::send_to_system(store::Transaction& tx, const Message& message) {
  const MailSettings settings = TRY(this->settings(tx)).settings;
  Message one = message;
  for (const std::string& destination : settings.system_destinations) {
    one.to.address = destination;
    TRY(queue(tx, one, settings, {}));
  }
  return {};
}

}  // namespace kidoban::mail
