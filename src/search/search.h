#pragma once
// Finding people by what is known of them: a tenant's index in memory. Built when it is first asked for, from the sealed rows; before
// each answer it takes in what the asking transaction sees and it doesn't, so that whoever changed somebody finds them changed in the next
// request, on any node. What the indexes may weigh together is bounded: the one not asked for longest goes first.
//
// Personal data stands in it in the clear, for as long as the tenant's people are looked for. Made once at start; any thread.

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "directory/directory.h"
#include "search/order.h"
#include "store/store.h"

namespace kidoban::directory {
struct PersonChanged;
}
namespace kidoban::search {

struct Options {
  std::size_t bytes = std::size_t{512} << 20;              // of all tenants' indexes together
  Duration idle = std::chrono::minutes(15);                // one that isn't asked for so long is dropped
  std::chrono::steady_clock::duration build_time = std::chrono::seconds(5);  // a request builds so long; another goes on
  std::size_t builders = 2, waiting = 6;                   // requests that build or wait at once; the others are sent away
};

// Whom somebody may see who may not see all.
struct Reach {
  std::vector<std::string> domains{};  // canonical
  std::vector<Id> groups{};            // those directly in them
};

struct Query {
  const directory::Filter* filter = nullptr;
  Names names{};                       // of the filter
  std::vector<std::string> words{};    // words_in()
  Order order{};
  bool pending = true;                 // who is pending deletion, too
  const Reach* reach = nullptr;        // nullptr: everybody
  std::optional<Standing> after{};
  std::size_t offset = 0, limit = 100;
};

struct Answer {
  std::size_t total = 0;               // on all pages
  Page page;
};

class Search {
 public:
  Search(directory::Directory& directory, seal::Keyring& keys, const Clock& clock, Options options);
  ~Search();

  // unavailable/"search_unready": there is no index yet, or much has changed: prepare() outside of the transaction, and ask again (see
  // asking()). conflict/"search_too_large": this tenant's doesn't fit into what indexes may weigh. As matching().
  Result<Answer> ask(store::Transaction& tx, const Query& query, runtime::Deadline deadline);
  // Builds what is missing. Not inside a transaction. unavailable/"search_unready" with when to come again, where it takes longer than a request should;
  // what was done stays done. conflict/"search_too_large".
  Status prepare(store::Store& store, const TenantId& tenant, runtime::Deadline deadline);

  // Nothing of that tenant stays in memory.
  void forget(const TenantId& tenant);
  // Drops what wasn't asked for in a while. For a chore.
  Status forget_idle();
  struct Load {
    std::size_t tenants, bytes;
  };
  Load load() const;

 private:
  struct Index;
  struct Bite;
  std::shared_ptr<Index> index_of(const TenantId& tenant, bool make);
  // Those of them who changed and whom the index doesn't have so.
  Result<std::vector<directory::Person>> changed(store::Transaction& tx, const Index& index, const std::vector<directory::PersonChanged>& changes);
  Status take_in(store::Transaction& tx, Index& index, runtime::Deadline deadline);
  Result<Bite> read_bite(store::Store& store, const TenantId& tenant, const std::optional<Id>& after, runtime::Deadline deadline);
  Status build(store::Store& store, const TenantId& tenant, Index& index, runtime::Deadline deadline);
  Status catch_up(store::Store& store, const TenantId& tenant, Index& index, runtime::Deadline deadline);
  Status weigh(const TenantId& tenant, Index& index);
  void make_room(const TenantId& tenant, Index& index, std::size_t bytes);

  directory::Directory& directory_;
  seal::Keyring& keys_;
  const Clock& clock_;
  const Options options_;
  mutable std::mutex mutex_;
  std::map<TenantId, std::shared_ptr<Index>> indexes_;
  std::atomic<std::size_t> building_{0};
};

// `body(tx)` in one read, with the index made ready where `body` finds that it isn't.
template <class Body>
auto asking(Search& search, store::Store& store, const TenantId& tenant, runtime::Deadline deadline, const Body& body)
    -> std::invoke_result_t<const Body&, store::Transaction&> {
  for (;;) {
    auto answer = store.read(tenant, deadline, body);
    if (answer || answer.error().reason != "search_unready") return answer;
    TRY(search.prepare(store, tenant, deadline));
  }
}

}  // namespace kidoban::search
