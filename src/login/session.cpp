#include "login/session.h"

#include <algorithm>

#include "base/secret.h"
#include "base/text.h"
#include "login/session_store.h"

namespace kidoban::login {

namespace {
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t user_agent_bytes = 256;
}  // namespace

std::string session_cookie_name(const http::Site& site) {
  return (site.secure ? "__Host-kidoban-" : "kidoban-") + site.slug;
}

http::Cookie session_cookie(const http::Site& site, std::string value) {
  http::Cookie cookie;
  cookie.name = session_cookie_name(site);
  cookie.value = std::move(value);
  cookie.secure = site.secure;
  return cookie;
}

http::Cookie remove_session_cookie(const http::Site& site) {
  http::Cookie cookie = session_cookie(site, "");
  cookie.max_age = std::chrono::seconds(0);
  return cookie;
}

bool Sessions::alive(const Session& session) const {
  const Time now = clock_.now();
  return now < session.idle_until && now < session.absolute_until;
}

Result<Sessions::Started> Sessions::start(store::Transaction& tx, const Id& person,
                                          const std::vector<std::string>& amr, const http::Request& request) {
  const auto key = TRY(keys_.of(tx));
  const auto secret = random_.bytes<secret_bytes>();
  SessionRow row;
  row.secret_hash = crypto::sha256(secret);
  Session& s = row.session;
  s.id = new_id(clock_, random_);
  s.person = person;
  s.created_at = s.signed_in_at = s.last_seen_at = clock_.now();
  s.absolute_until = s.created_at + options_.absolute;
  s.idle_until = std::min(s.absolute_until, s.created_at + options_.idle);
  s.amr = amr;
  s.client_address = request.client_address;
  s.user_agent = std::string(request.header("user-agent").substr(0, user_agent_bytes));
  TRY(put_session(tx, *key, row));
  std::string raw(as_text(s.id.span()));
  raw += as_text(secret);
  return Started{s, base64url(raw)};
}

Result<std::optional<Session>> Sessions::recognise(store::Transaction& tx, std::string_view cookie_value) {
  const auto raw = unbase64url(cookie_value);
  if (!raw || raw->size() != sizeof(Id::bytes) + secret_bytes) return std::nullopt;
  const auto bytes = std::span<const std::uint8_t>(*raw);
  const Id id = TRY(Id::from_bytes(bytes.first(sizeof(Id::bytes))));
  const auto key = TRY(keys_.of(tx));
  const auto row = TRY(find_session(tx, *key, id));
  if (!row || !alive(row->session)) return std::nullopt;
  const auto hash = crypto::sha256(bytes.subspan(sizeof(Id::bytes)));
  if (!constant_time_equal(std::span<const std::uint8_t>(hash), row->secret_hash)) return std::nullopt;
  return row->session;
}

Result<std::optional<Session>> Sessions::find(store::Transaction& tx, const Id& id) {
  const auto key = TRY(keys_.of(tx));
  const auto row = TRY(find_session(tx, *key, id));
  if (!row || !alive(row->session)) return std::nullopt;
  return row->session;
}

Result<std::vector<Session>> Sessions::list(store::Transaction& tx, const Id& person) {
  const auto key = TRY(keys_.of(tx));
  auto all = TRY(sessions_of(tx, *key, person));
  std::erase_if(all, [&](const Session& s) { return !alive(s); });
  return all;
}

bool Sessions::wants_touch(const Session& session) const {
  return clock_.now() - session.last_seen_at >= options_.touch_every;
}

Status Sessions::touch(store::Transaction& tx, const Session& session) {
  const Time now = clock_.now();
  return touch_session(tx, session.id, now, std::min(session.absolute_until, now + options_.idle));
}

Result<bool> Sessions::end(store::Transaction& tx, const Id& id, const Id& person, const audit::Event& by, Reason why) {
  if (!TRY(erase_session(tx, id, person))) return false;
  audit::Event event = by;
  event.name = "session.ended";
  event.target_kind = "person";
  event.target = person;
  event.session = id;
  event.reason = std::string(why.text());
  TRY(audit_.append(tx, event));
  return true;
}

Result<std::int64_t> Sessions::end_all(store::Transaction& tx, const Id& person, const audit::Event& by, Reason why) {
  const auto key = TRY(keys_.of(tx));
  std::int64_t ended = 0;
  for (;;) {
    const auto some = TRY(sessions_of(tx, *key, person));
    if (some.empty()) return ended;
    for (const Session& session : some) ended += TRY(end(tx, session.id, person, by, why)) ? 1 : 0;
  }
}

}  // namespace kidoban::login
