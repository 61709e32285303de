#include "service/housekeeping.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "runtime/log.h"
#include "runtime/metrics.h"

namespace kidoban::service {

namespace {
runtime::Counter chores_failed("kidoban_chores_failed_total", "Housekeeping runs that failed.");
}  // namespace

struct Housekeeping::Inside {
  std::vector<Chore> chores;
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::chrono::seconds every{};
  std::thread thread;

  bool wait() {
    std::unique_lock lock(mutex);
    return !wake.wait_for(lock, every, [&] { return stopping; });
  }
  static void run(const Chore& chore) {
    try {
      if (const Status done = chore.run(); !done) {
        chores_failed.add();
        runtime::log(runtime::Level::warning, "chore_failed", done.error(), {{"chore", std::string(chore.name)}});
      }
    } catch (const std::exception& error) {
      chores_failed.add();
      runtime::log(runtime::Level::error, "chore_threw",
                   {{"chore", std::string(chore.name)}, {"what", std::string(error.what())}});
    }
  }
};

Housekeeping::Housekeeping(std::vector<Chore> chores, std::chrono::seconds every) : inside_(std::make_unique<Inside>()) {
  inside_->every = every;
  inside_->chores = std::move(chores);
  inside_->thread = std::thread([inside = inside_.get()] {
    while (inside->wait()) {
      for (const Chore& chore : inside->chores) Inside::run(chore);
    }
  });
}

Housekeeping::~Housekeeping() {
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->stopping = true;
  }
  inside_->wake.notify_all();
  inside_->thread.join();
}

}  // namespace kidoban::service
