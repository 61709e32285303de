// Who is written to, and what happens without anybody asking.

#include "approvals/approval_store.h"
#include "approvals/approvals.h"
#include "page/words.h"

namespace kidoban::approvals {

namespace {

using directory::Permission, directory::Person;

// Decided ones are in the audit; here they are for whoever looks after a while what became of it.
constexpr auto kept_for = std::chrono::days(35);
constexpr auto answers_kept_for = std::chrono::hours(72);
constexpr std::size_t bite = 100;

const page::Words& words() {
  static const page::Words all(resources());
  return all;
}

std::string word(page::Language language, std::string_view kind, std::string_view name) {
  const std::string* found = words().find(language, std::string(kind) + "." + std::string(name));
  return found == nullptr ? std::string(name) : *found;
}

std::string link_to(const Approval& approval, const Company& company) { return company.url + "/api/v1/approvals/" + approval.id.text(); }

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(15)); }

mail::Recipient recipient(const Person& person) {
  const auto addresses = directory::mail_addresses(person.profile);
  return {person.id, addresses.empty() ? std::string() : addresses.front(), person.profile.display_name, person.profile.locale, person.profile.zoneinfo};
}

}  // namespace

std::string said(std::string_view what, page::Language language) { return word(language, "what", what); }

Status Approvals::tell_deciders(store::Transaction& tx, const Approval& approval, const Company& company) {
  directory::PermissionSet deciding;
  deciding.set(static_cast<std::size_t>(Permission::approvals_write));
  const auto otherwise = TRY(mail_.settings(tx)).settings.default_language;
  std::size_t sent = 0;
  for (const Person& one : TRY(directory_.who_hold(tx, deciding, most_mails + 1))) {
    const auto to = recipient(one);
    if (one.id == approval.asker.id || to.address.empty() || sent == most_mails) continue;
    const auto language = to.locale.empty() ? otherwise : page::choose_language(to.locale, {});
    TRY(mail_.send(tx, {.occasion = mail::Occasion::approval_waiting,
                        .to = to,
                        .company = company.name,
                        .url = company.url + "/",
                        .values = {{"act", said(approval.shown.what, language)},
                                   {"asker", approval.shown.asker_name},
                                   {"link", link_to(approval, company)},
                                   {"expires", approval.expires_at}},
                        .useless_after = approval.expires_at}));
    ++sent;
  }
  return {};
}

Status Approvals::tell_asker(store::Transaction& tx, const Approval& approval, State state, const Company& company) {
  const auto message = [&](mail::Recipient to, page::Language language) {
    return mail::Message{.occasion = mail::Occasion::approval_decided,
                         .to = std::move(to),
                         .company = company.name,
                         .url = company.url + "/",
                         .values = {{"act", said(approval.shown.what, language)},
                                    {"outcome", word(language, "outcome", word_of(state))},
                                    {"link", link_to(approval, company)}},
                         .useless_after = {}};
  };
  const auto otherwise = TRY(mail_.settings(tx)).settings.default_language;
  if (approval.asker.kind != audit::ActorKind::person) return mail_.send_to_system(tx, message({}, otherwise));
  const auto person = directory_.get_person(tx, approval.asker.id.value_or(Id{}));
  if (!person && person.error().kind != Kind::not_found) return std::unexpected(person.error());
  if (!person || recipient(*person).address.empty()) return {};
  const auto& locale = person->profile.locale;
  return mail_.send(tx, message(recipient(*person), locale.empty() ? otherwise : page::choose_language(locale, {})));
}

Status Approvals::expire_due(store::Store& store, const std::function<Result<Company>(store::Transaction&)>& company) {
  for (;;) {
    const auto all = TRY(store.system_read(soon(), [&](store::SystemTransaction& tx) { return select_expired(tx, clock_.now(), bite); }));
    for (const RowOfTenant& one : all) {
      TRY(store.write(one.tenant, soon(), [&](store::Transaction& tx) -> Status {
        const auto row = TRY(select_row(tx, one.id));
        if (!row || row->state != State::pending) return {};  // decided in the meantime
        const auto approval = TRY(get(tx, one.id));
        const audit::Event by{.name = "approval.expired", .actor = {audit::ActorKind::system, std::nullopt}};
        TRY(end(tx, approval, State::expired, {}, by));
        audit::Event event = by;
        event.target_kind = "approval";
        event.target = approval.id;
        event.detail.emplace_back("act", word_of(approval.act));
        event.detail.emplace_back("what", approval.shown.what);
        TRY(audit_.append(tx, event));
        return tell_asker(tx, approval, State::expired, TRY(company(tx)));
      }));
    }
    if (all.size() < bite) return {};
  }
}

Status Approvals::purge(store::Store& store) {
  for (;;) {
    const Time now = clock_.now();
    const auto gone = TRY(store.system_write(soon(), [&](store::SystemTransaction& tx) -> Result<std::int64_t> {
      return TRY(delete_ended(tx, now - kept_for, bite)) + TRY(drop_answers(tx, now - answers_kept_for, bite));
    }));
    if (gone < static_cast<std::int64_t>(bite)) return {};
  }
}

}  // namespace kidoban::approvals
