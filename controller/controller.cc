#include "controller/controller.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "controller/active_controller.h"

namespace barnabas::controller {

using protocol::ErrorCode;

namespace {

// More than this waits for no further commands to share its fsync.
constexpr std::int64_t kCommitBytes = 4 << 20;

// The answer to a command of which nothing happened, for `error`.
std::vector<CreatedTopic> refusal(const CreateTopicsCommand& command, const ApiError& error) {
  std::vector<CreatedTopic> reply;
  for (const CreateTopic& topic : command.topics) {
    CreatedTopic& created = reply.emplace_back();
    created.name = topic.name;
    created.error = error;
  }
  return reply;
}

std::vector<DeletedTopic> refusal(const std::vector<DeletedTopic>& topics, const ApiError& error) {
  std::vector<DeletedTopic> reply = topics;
  for (DeletedTopic& topic : reply) topic.error = error;
  return reply;
}

std::vector<NamedResult> refusal(const CreatePartitionsCommand& command, const ApiError& error) {
  std::vector<NamedResult> reply;
  for (const GrowTopic& topic : command.topics) reply.emplace_back(topic.name, error);
  return reply;
}

std::vector<ElectedPartition> refusal(const ElectLeadersCommand& command, const ApiError& error) {
  std::vector<ElectedPartition> reply;
  if (!command.topics) return reply;
  for (const auto& [name, partitions] : *command.topics) {
    for (const std::int32_t partition : partitions) {
      ElectedPartition& elected = reply.emplace_back();
      elected.topic = name;
      elected.partition = partition;
      elected.error = error;
    }
  }
  return reply;
}

std::vector<AlteredResource> refusal(const AlterConfigsCommand& command, const ApiError& error) {
  std::vector<AlteredResource> reply;
  for (const AlterResource& resource : command.resources) {
    AlteredResource& altered = reply.emplace_back();
    altered.resource = resource.resource;
    altered.error = error;
  }
  return reply;
}

std::vector<DeletedAcls> refusal(const std::vector<AclFilter>& filters, const ApiError& error) {
  DeletedAcls refused;
  refused.error = error;
  return std::vector<DeletedAcls>(filters.size(), refused);
}

std::vector<NamedResult> refusal(const AlterScramCommand& command, const ApiError& error) {
  std::set<std::string> users;
  for (const ScramDeletion& deletion : command.deletions) users.insert(deletion.user);
  for (const ScramUpsertion& upsertion : command.upsertions) users.insert(upsertion.user);
  std::vector<NamedResult> reply;
  for (const std::string& user : users) reply.emplace_back(user, error);
  return reply;
}

ApiResult<std::vector<NamedResult>> refusal(const UpdateFeaturesCommand&, const ApiError& error) {
  return unexpected(error);
}

ApiError same_error(const ApiError& error) {
  return error;
}

}  // namespace

// The queue and the thread.
class Controller::Worker {
 public:
  Worker(storage::LogEnvironment& environment, const Clock& clock, Random& random, const ConfigSchema& schema,
         ControllerConfig config)
      : active_(environment, clock, random, schema, config) {}
  ~Worker() { stop(); }

  Result<void, std::string> start(Publisher publisher) {
    publisher_ = std::move(publisher);
    if (auto done = active_.start(); !done) {
      active_.stop();
      return done;
    }
    publish(true);
    {
      const std::lock_guard lock(mutex_);
      accepting_ = true;
    }
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      accepting_ = false;
    }
    wake_.notify_one();
    if (!thread_.joinable()) return;
    thread_.join();
    active_.stop();
  }

  std::shared_ptr<const MetadataImage> image() const { return image_.load(); }

  // Queues `decide(const ActiveController&, image)` and sends its reply to `done` when it is committed;
  // `refuse(error)` makes the reply when nothing can be done.
  template <class Reply, class Decide, class Refuse>
  void submit(Decide decide, Refuse refuse, Done<Reply> done) {
    Task task = [this, decide = std::move(decide), refuse, done = std::move(done)](bool stopped) mutable {
      if (stopped) return done(refuse(ApiError(ErrorCode::kNotController)));
      auto [decided, error] =
          active_.decide([&](const MetadataImage& image) { return decide(std::as_const(active_), image); });
      // A reply waits with those of everything it was computed from.
      replies_.push_back([reply = error.ok() ? Reply(std::move(decided)) : Reply(refuse(error)), refuse,
                          done = std::move(done)](const ApiError& failure) mutable {
        done(failure.ok() ? std::move(reply) : Reply(refuse(failure)));
      });
    };
    post(std::move(task));
  }

  // Something that only looks.
  template <class Reply, class Look>
  void ask(Look look, Done<Reply> done) {
    post([this, look = std::move(look), done = std::move(done)](bool stopped) mutable {
      done(stopped ? Reply() : look(std::as_const(active_)));
    });
  }

 private:
  using Task = std::move_only_function<void(bool stopped)>;

  void post(Task task) {
    {
      const std::lock_guard lock(mutex_);
      if (accepting_) {
        tasks_.push_back(std::move(task));
        wake_.notify_one();
        return;
      }
    }
    task(true);
  }

  void run() {
    std::optional<std::int64_t> wait_ms = active_.housekeep();
    while (true) {
      std::deque<Task> tasks;
      {
        std::unique_lock lock(mutex_);
        const auto ready = [this] { return !tasks_.empty() || !accepting_; };
        if (wait_ms) {
          wake_.wait_for(lock, std::chrono::milliseconds(*wait_ms), ready);
        } else {
          wake_.wait(lock, ready);
        }
        if (tasks_.empty() && !accepting_) return;
        tasks.swap(tasks_);
      }
      for (Task& task : tasks) {
        task(false);
        if (active_.uncommitted_bytes() >= kCommitBytes) finish();
      }
      finish();
      wait_ms = active_.housekeep();
      publish(false);
    }
  }

  // One fsync for everything that waits; then the world sees it, then those who asked.
  void finish() {
    const ApiError error = active_.commit();
    if (error.ok()) publish(false);
    for (auto& reply : std::exchange(replies_, {})) reply(error);
  }

  void publish(bool first) {
    if (active_.has_uncommitted()) return;
    auto image = active_.image();
    const auto shown = image_.load();
    if (!first && shown == image) return;
    image_.store(image);
    ImageChanges changes = active_.take_changes();
    if (!publisher_ || (!first && changes.empty())) return;
    publisher_(std::move(image), first ? all_of(*image_.load()) : changes);
  }

  ActiveController active_;  // the thread's, once it runs
  Publisher publisher_;
  std::vector<std::move_only_function<void(const ApiError&)>> replies_;
  std::atomic<std::shared_ptr<const MetadataImage>> image_{std::make_shared<const MetadataImage>()};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;  // mutex_
  bool accepting_ = false;  // mutex_
  std::thread thread_;
};

Controller::Controller(storage::LogEnvironment& environment, const Clock& clock, Random& random,
                       const ConfigSchema& schema, ControllerConfig config)
    : worker_(std::make_unique<Worker>(environment, clock, random, schema, std::move(config))) {}

Controller::~Controller() = default;

Result<void, std::string> Controller::start(Publisher publisher) {
  return worker_->start(std::move(publisher));
}

void Controller::stop() {
  worker_->stop();
}

std::shared_ptr<const MetadataImage> Controller::image() const {
  return worker_->image();
}

void Controller::register_broker(BrokerDescription broker, Done<ApiResult<std::int64_t>> done) {
  worker_->submit<ApiResult<std::int64_t>>(
      [broker = std::move(broker)](const ActiveController& active, const MetadataImage& image) {
        return active.brokers().register_broker(image, broker, active.next_offset());
      },
      [](const ApiError& error) { return ApiResult<std::int64_t>(unexpected(error)); }, std::move(done));
}

void Controller::unfence_broker(std::int32_t broker, std::int64_t broker_epoch, Done<ApiError> done) {
  worker_->submit<ApiError>(
      [=](const ActiveController& active, const MetadataImage& image) {
        return active.brokers().unfence(image, broker, broker_epoch);
      },
      same_error, std::move(done));
}

void Controller::begin_controlled_shutdown(std::int32_t broker, std::int64_t broker_epoch,
                                           Done<ApiError> done) {
  worker_->submit<ApiError>(
      [=](const ActiveController& active, const MetadataImage& image) {
        return active.brokers().begin_shutdown(image, broker, broker_epoch);
      },
      same_error, std::move(done));
}

void Controller::unregister_broker(std::int32_t broker, Done<ApiError> done) {
  worker_->submit<ApiError>(
      [=](const ActiveController& active, const MetadataImage& image) {
        return active.brokers().unregister(image, broker);
      },
      same_error, std::move(done));
}

void Controller::change_directories(std::int32_t broker, std::int64_t broker_epoch, std::vector<Uuid> online,
                                    Done<ApiError> done) {
  worker_->submit<ApiError>(
      [broker, broker_epoch, online = std::move(online)](const ActiveController& active,
                                                         const MetadataImage& image) {
        return active.brokers().change_directories(image, broker, broker_epoch, online);
      },
      same_error, std::move(done));
}

void Controller::assign_directories(std::int32_t broker, std::int64_t broker_epoch,
                                    std::vector<ReplicaDirectory> replicas, Done<ApiError> done) {
  worker_->submit<ApiError>(
      [broker, broker_epoch, replicas = std::move(replicas)](const ActiveController& active,
                                                             const MetadataImage& image) {
        return active.brokers().assign_directories(image, broker, broker_epoch, replicas);
      },
      same_error, std::move(done));
}

void Controller::create_topics(CreateTopicsCommand command, Done<std::vector<CreatedTopic>> done) {
  auto shared = std::make_shared<const CreateTopicsCommand>(std::move(command));
  worker_->submit<std::vector<CreatedTopic>>(
      [shared](const ActiveController& active, const MetadataImage& image) {
        return active.topics().create(image, *shared);
      },
      [shared](const ApiError& error) { return refusal(*shared, error); }, std::move(done));
}

void Controller::delete_topics(std::vector<DeletedTopic> topics, Done<std::vector<DeletedTopic>> done) {
  auto shared = std::make_shared<const std::vector<DeletedTopic>>(std::move(topics));
  worker_->submit<std::vector<DeletedTopic>>(
      [shared](const ActiveController& active, const MetadataImage& image) {
        return active.topics().remove(image, *shared);
      },
      [shared](const ApiError& error) { return refusal(*shared, error); }, std::move(done));
}

void Controller::create_partitions(CreatePartitionsCommand command, Done<std::vector<NamedResult>> done) {
  auto shared = std::make_shared<const CreatePartitionsCommand>(std::move(command));
  worker_->submit<std::vector<NamedResult>>(
      [shared](const ActiveController& active, const MetadataImage& image) {
        return active.topics().grow(image, *shared);
      },
      [shared](const ApiError& error) { return refusal(*shared, error); }, std::move(done));
}

void Controller::elect_leaders(ElectLeadersCommand command, Done<std::vector<ElectedPartition>> done) {
  auto shared = std::make_shared<const ElectLeadersCommand>(std::move(command));
  worker_->submit<std::vector<ElectedPartition>>(
      [shared](const ActiveController& active, const MetadataImage& image) {
        return active.brokers().elect(image, *shared);
      },
      [shared](const ApiError& error) { return refusal(*shared, error); }, std::move(done));
}

void Controller::alter_configs(AlterConfigsCommand command, Done<std::vector<AlteredResource>> done) {
  auto shared = std::make_shared<const AlterConfigsCommand>(std::move(command));
  worker_->submit<std::vector<AlteredResource>>(
      [shared](const ActiveController& active, const MetadataImage& image) {
        return active.configs().alter(image, *shared);
      },
      [shared](const ApiError& error) { return refusal(*shared, error); }, std::move(done));
}

void Controller::create_acls(std::vector<AclEntry> entries, Done<std::vector<ApiError>> done) {
  auto shared = std::make_shared<const std::vector<AclEntry>>(std::move(entries));
  worker_->submit<std::vector<ApiError>>(
      [shared](const ActiveController& active, const MetadataImage& image) {
        return active.acls().create(image, *shared);
      },
      [shared](const ApiError& error) { return std::vector<ApiError>(shared->size(), error); },
      std::move(done));
}

void Controller::delete_acls(std::vector<AclFilter> filters, Done<std::vector<DeletedAcls>> done) {
  auto shared = std::make_shared<const std::vector<AclFilter>>(std::move(filters));
  worker_->submit<std::vector<DeletedAcls>>(
      [shared](const ActiveController& active, const MetadataImage& image) {
        return active.acls().remove(image, *shared);
      },
      [shared](const ApiError& error) { return refusal(*shared, error); }, std::move(done));
}

void Controller::alter_scram_credentials(AlterScramCommand command, Done<std::vector<NamedResult>> done) {
  auto shared = std::make_shared<const AlterScramCommand>(std::move(command));
  worker_->submit<std::vector<NamedResult>>(
      [shared](const ActiveController& active, const MetadataImage& image) {
        return active.scram().alter(image, *shared);
      },
      [shared](const ApiError& error) { return refusal(*shared, error); }, std::move(done));
}

void Controller::update_features(UpdateFeaturesCommand command,
                                 Done<ApiResult<std::vector<NamedResult>>> done) {
  auto shared = std::make_shared<const UpdateFeaturesCommand>(std::move(command));
  worker_->submit<ApiResult<std::vector<NamedResult>>>(
      [shared](const ActiveController& active, const MetadataImage& image) {
        return active.features().update(image, *shared);
      },
      [shared](const ApiError& error) { return refusal(*shared, error); }, std::move(done));
}

void Controller::allocate_producer_ids(std::int32_t broker, std::int64_t broker_epoch,
                                       Done<ApiResult<ProducerIdBlock>> done) {
  worker_->submit<ApiResult<ProducerIdBlock>>(
      [=](const ActiveController& active, const MetadataImage& image) {
        return active.brokers().allocate_producer_ids(image, broker, broker_epoch);
      },
      [](const ApiError& error) { return ApiResult<ProducerIdBlock>(unexpected(error)); }, std::move(done));
}

void Controller::describe_quorum(Done<QuorumDescription> done) {
  worker_->ask<QuorumDescription>([](const ActiveController& active) { return active.describe_quorum(); },
                                  std::move(done));
}

}  // namespace barnabas::controller
