#include "console/kept_answers.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "console/console.h"
#include "console/idempotency_key.h"
#include "console/kept_answers_store.h"
#include "runtime/metrics.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using crypto::Digest;

enum Outcome : std::size_t { made_now, told_again, reused, in_use };
runtime::Counter answered("kidoban_idempotent_requests_total", "Requests with an Idempotency-Key.", "outcome", {"made", "told_again", "reused", "in_use"});

// Parts of different lengths, so that none can pass for a piece of another.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const auto part : parts) all += std::to_string(part.size()) + ":" + std::string(part);
  return all;
}

seal::Place place_of(const Digest& key_hash) { return {"kept_answers", "answer", key_hash}; }

std::string written(const http::Reply& reply) {
  json::array headers;
  for (const auto& [name, value] : reply.headers) headers.push_back(json::array{name, value});
  return json::serialize(json::object{{"status", reply.status}, {"headers", std::move(headers)}, {"body", reply.body}});
}

// What was sealed here was written here.
http::Reply read(std::string_view text) {
  const auto value = json::parse(text);
  http::Reply reply;
  reply.status = static_cast<int>(value.at("status").as_int64());
  reply.body = value.at("body").as_string();
  for (const auto& header : value.at("headers").as_array()) reply.with(std::string(header.at(0).as_string()), std::string(header.at(1).as_string()));
  return reply;
}

// What was made, where it has an id: ".../people/01890a5d-…".
std::optional<Id> made_in(const http::Reply& reply) {
  const auto location = reply.header("location");
  const auto id = Id::parse(location.substr(location.rfind('/') + 1));
  return id ? std::optional(*id) : std::nullopt;
}

}  // namespace

Result<Creation> Creation::of(const http::Request& request) {
  Creation out{TRY(idempotency_key_of(request)), {}};
  if (!out.key) return out;
  const auto body = crypto::sha256(request.body);  // which may be a file: not copied
  out.request = crypto::sha256(joined({http::name_of(request.method), request.path, request.query, as_text(body)}));
  return out;
}

Result<KeptAnswers::UnderWay> KeptAnswers::begin(const http::Request& request, const std::string& key) {
  const auto which = crypto::sha256(joined({request.site.tenant->id.text(), key, request.header("authorization"), request.header("cookie")}));
  const std::lock_guard lock(mutex_);
  if (!under_way_.insert(which).second) {
    answered.add(in_use);
    return fail_for_now(Kind::conflict, "idempotency_key_in_use", 1);
  }
  return UnderWay(*this, which);
}

KeptAnswers::UnderWay::~UnderWay() {
  if (in_ == nullptr) return;
  const std::lock_guard lock(in_->mutex_);
  in_->under_way_.erase(which_);
}

Result<KeptAnswers::Told> KeptAnswers::once(store::Transaction& tx, const login::Asker& who, const Creation& creation, Secrecy secrecy, const Make& make) {
  const auto key = TRY(keys_.of(tx));
  const std::string asker = std::to_string(static_cast<int>(who.actor.kind)) + (who.actor.id ? who.actor.id->text() : "");
  const Digest key_hash = key->blind_index("kept_answers.key", joined({asker, *creation.key}));
  // Under the tenant's key: a body has names in it that could be guessed from a bare hash.
  const Digest fingerprint = key->blind_index("kept_answers.request", as_text(creation.request));
  const Time now = clock_.now();
  // The claim comes before any look: on PostgreSQL a look at what isn't there yet would be in the way of whoever claims beside it.
  if (!TRY(claim_key(tx, key_hash, fingerprint, now + kept_for))) {
    const auto row = TRY(select_kept(tx, key_hash));
    if (row.expires_at > now) return told_again_from(row, *key, key_hash, fingerprint);
    TRY(drop_kept(tx, key_hash));
    TRY(claim_key(tx, key_hash, fingerprint, now + kept_for));
  }
  auto reply = TRY(make(tx));
  const auto secret_until = secrecy == Secrecy::told_once ? std::optional(now + secret_kept_for) : std::nullopt;
  TRY(keep_answer(tx, key_hash, key->seal(place_of(key_hash), written(reply)), made_in(reply), secret_until));
  return Told{std::move(reply)};
}

Result<KeptAnswers::Told> KeptAnswers::told_again_from(const KeptRow& row, const seal::TenantKey& key, const Digest& key_hash, const Digest& fingerprint) {
  if (row.fingerprint != fingerprint) return fail(Kind::malformed, "idempotency_key_reused");
  if (!row.answer || (row.secret_until && *row.secret_until <= clock_.now())) return fail(Kind::expired, "idempotency_answer_gone");
  return Told{read(TRY(key.open_text(place_of(key_hash), *row.answer))), true};
}

void KeptAnswers::count(const Result<Told>& told) {
  if (told) answered.add(told->again ? told_again : made_now);
  else if (told.error().reason == "idempotency_key_reused") answered.add(reused);
}

Status forget_answers_about(store::Transaction& tx, const Id& person) { return delete_kept_about(tx, person); }

Status purge_answers(store::Store& store, Time now) {
  constexpr std::int64_t bite = 500;
  for (;;) {
    const auto deadline = runtime::Deadline::after(std::chrono::seconds(15));
    const auto touched = TRY(store.system_write(deadline, [&](store::SystemTransaction& tx) { return purge_kept(tx, now, bite); }));
    if (touched < bite) return {};
  }
}

}  // namespace kidoban::console
