#pragma once
// Once, however often it is sent: a request that makes something and has an Idempotency-Key
// (draft-ietf-httpapi-idempotency-key-header-07) is answered as it was the first time, and makes nothing again. The answer is
// kept in the transaction that makes, sealed: either both are there, or neither. Decision 18 says why so. Any thread.

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "crypto/hash.h"
#include "http/reply.h"
#include "http/request.h"
#include "login/asker.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::console {

// What of a request says whether another is the same: method, target, and body.
struct Creation {
  std::optional<std::string> key;  // none: as though there were no such thing
  crypto::Digest request{};

  // Reads the field, and hashes the body where there is one. malformed/"idempotency_key_malformed".
  static Result<Creation> of(const http::Request& request);
};

// Whether an answer has a secret in it that is told once.
enum class Secrecy : std::uint8_t { none, told_once };

struct KeptRow;

class KeptAnswers {
 public:
  KeptAnswers(seal::Keyring& keys, const Clock& clock) : keys_(keys), clock_(clock) {}

  static constexpr Duration kept_for = std::chrono::hours(24);
  // Long enough for a client that lost its connection to ask again, and short enough that what the store has is seldom good.
  static constexpr Duration secret_kept_for = std::chrono::minutes(10);

  // That a request with this key by this client is being answered by this node; undone at the end of its life.
  // conflict/"idempotency_key_in_use".
  class UnderWay {
   public:
    UnderWay(KeptAnswers& in, const crypto::Digest& which) : in_(&in), which_(which) {}
    UnderWay(UnderWay&& other) noexcept : in_(std::exchange(other.in_, nullptr)), which_(other.which_) {}
    UnderWay& operator=(UnderWay&&) = delete;
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ~UnderWay();

   private:
    KeptAnswers* in_;
    crypto::Digest which_;
  };
  Result<UnderWay> begin(const http::Request& request, const std::string& key);

  // `make` in `tx`, or the answer that it gave when it was asked first. malformed/"idempotency_key_reused" for another request,
  // expired/"idempotency_answer_gone" where the answer had a secret and isn't kept any more.
  using Make = std::function<Result<http::Reply>(store::Transaction&)>;
  struct Told {
    http::Reply reply;
    bool again = false;
  };
  Result<Told> once(store::Transaction& tx, const login::Asker& who, const Creation& creation, Secrecy secrecy, const Make& make);
  // Once the transaction is kept.
  static void count(const Result<Told>& told);

 private:
  Result<Told> told_again_from(const KeptRow& row, const seal::TenantKey& key, const crypto::Digest& key_hash, const crypto::Digest& fingerprint);

  seal::Keyring& keys_;
  const Clock& clock_;
  std::mutex mutex_;
  std::set<crypto::Digest> under_way_;  // as many as there are workers, at most
};

}  // namespace kidoban::console
