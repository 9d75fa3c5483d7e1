package io.headroom.node.http;

import io.headroom.cluster.Peers;
import io.headroom.host.HostReport;
import io.headroom.lun.Admission;
import io.headroom.lun.Admission.ThePool;
import io.headroom.lun.Device;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.lun.Enlargement;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.LunName;
import io.headroom.model.Moment;
import io.headroom.node.api.Answer;
import io.headroom.node.api.VolumeAnswer;
import io.headroom.port.Clock;
import io.headroom.port.Tenure.Lun;
import io.headroom.spm.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * Takes orders about LUNs: where they are devices, every living host looks first, and the SPM hears of the order only
 * when they all see the same. A LUN of a pool of files is a name with a size, and nobody has to look.
 */
final class LunDesk {
    private static final String SEE_LUNS = "see: headroom lun list";

    private final NodeFacts facts;
    private final HostDevices devices;
    private final OrderDesk desk;
    private final Clock clock;

    LunDesk(NodeFacts facts, HostDevices devices, OrderDesk desk, Clock clock) {
        this.facts = facts;
        this.devices = devices;
        this.desk = desk;
        this.clock = clock;
    }

    /** What the hosts see of one device. @param silent hosts that live and did not answer */
    private record View(List<DeviceSight> sights, Set<HostId> silent) {
        Optional<Device> of(HostId host) {
            return sights.stream()
                    .filter(sight -> sight.host().equals(host))
                    .findFirst()
                    .flatMap(DeviceSight::device);
        }

        /** What came before the order, for an operator who asks what it would do. @param waived by {@code --force} */
        List<String> checks(Bytes size, List<String> waived) {
            List<String> checks = new ArrayList<>(List.of(told(size)));
            waived.forEach(one -> checks.add("waived by --force: " + one));
            return checks;
        }

        private String told(Bytes size) {
            String hosts = sights.stream().map(sight -> sight.host().toString()).collect(Collectors.joining(", "));
            String identity = sights.stream()
                    .flatMap(sight -> sight.device().stream())
                    .map(Device::identity)
                    .filter(text -> !text.isEmpty())
                    .findFirst()
                    .orElse("one device");
            return "checked: " + (sights.size() == 1 ? "host " + hosts + " sees " : "hosts " + hosts + " see ")
                    + identity + " with " + size;
        }
    }

    CompletionStage<Answer> add(Parameters asked) {
        String device = lunName(asked.required("device"));
        boolean force = asked.flag("force");
        Optional<Bytes> size = asked.size("size");
        if (!devices.areLuns()) {
            return desk.carry(new Order.AddLun(device, size.orElse(Bytes.ZERO), force), asked);
        }
        requireNo(size);
        DeviceQuestion question = question(device);
        CompletionStage<HostId> here = facts.host().thenApply(HostReport::host);
        return here.thenCompose(self -> pool().thenCompose(pool -> view(question, self)
                .thenCompose(
                        view -> add(device, Admission.of(pool, view.sights(), view.silent(), force), view, asked))));
    }

    private CompletionStage<Answer> add(String device, Admission ruled, View view, Parameters asked) {
        if (ruled instanceof Admission.Already already) {
            String what =
                    device + " is a LUN of the pool already, " + already.lun().id();
            return CompletableFuture.completedStage(
                    asked.flag("dryRun") ? new VolumeAnswer.Plan(List.of()) : new VolumeAnswer.Carried(what, null));
        } else if (ruled instanceof Admission.Admitted admitted) {
            Bytes told = sizeFor(admitted.size(), asked);
            return desk.carry(new Order.AddLun(admitted.device(), told, admitted.givesUp()), asked)
                    .thenApply(answer -> checked(view.checks(admitted.size(), admitted.waived()), answer));
        } else if (ruled instanceof Admission.Refused refused) {
            throw new Refused(
                    device + " does not become a LUN: " + listed(refused.reasons()),
                    "set right what is named, and give the order again; nothing was changed");
        }
        throw new AssertionError("unhandled " + ruled);
    }

    /** One LUN, or, where none is named, every one that may have grown. */
    CompletionStage<Answer> refresh(Parameters asked) {
        Optional<String> device = asked.text("device").map(LunDesk::lunName);
        Optional<Bytes> size = asked.size("size");
        if (!devices.areLuns()) {
            return desk.carry(new Order.GrowLun(asked.required("device"), size.orElse(Bytes.ZERO)), asked);
        }
        requireNo(size);
        return pool().thenCompose(pool -> device.map(name -> named(name, pool).thenApply(List::of))
                .orElseGet(() -> CompletableFuture.completedStage(pool.luns()))
                .thenCompose(luns -> refresh(pool, luns, device.isPresent(), asked)));
    }

    private CompletionStage<Answer> refresh(ThePool pool, List<Lun> luns, boolean named, Parameters asked) {
        Moment until = clock.now().plus(HostDevices.ANOTHER_LUN_WITHIN);
        CompletionStage<List<Answer>> all = CompletableFuture.completedStage(List.of());
        for (Lun lun : luns) {
            all = all.thenCompose(
                    done -> (clock.now().isBefore(until) ? refresh(pool, lun, named, asked) : tooLate(lun))
                            .exceptionally(LunDesk::refused)
                            .thenApply(one -> {
                                List<Answer> more = new ArrayList<>(done);
                                one.ifPresent(more::add);
                                return more;
                            }));
        }
        return all.thenApply(answers -> together(answers, asked.flag("dryRun")));
    }

    private static CompletionStage<Optional<Answer>> tooLate(Lun lun) {
        String name = lun.device().isEmpty() ? lun.id() : lun.device();
        return CompletableFuture.failedStage(new Refused(
                "LUN " + name + " was not looked at: the others took more than "
                        + HostDevices.ANOTHER_LUN_WITHIN.toSeconds() + " s",
                "name it: headroom lun refresh " + name));
    }

    /** @param named also where there is nothing to gain, as far as this node can tell */
    private CompletionStage<Optional<Answer>> refresh(ThePool pool, Lun lun, boolean named, Parameters asked) {
        if (lun.device().isEmpty()) {
            return CompletableFuture.failedStage(
                    new Refused("LUN " + lun.id() + " cannot be enlarged: " + lun.problem(), SEE_LUNS));
        }
        return view(question(lun.device()), pool.spm()).thenCompose(view -> {
            Enlargement ruled = Enlargement.of(lun, view.sights(), view.silent(), asked.flag("force"));
            if (ruled instanceof Enlargement.Refused refused) {
                throw new Refused(
                        "LUN " + lun.device() + " is not enlarged: " + listed(refused.reasons()),
                        "set right what is named, and give the order again");
            }
            Enlargement.Admitted admitted = (Enlargement.Admitted) ruled;
            Bytes size = admitted.size();
            boolean hopeless = lun.size().plus(pool.extent()).isOver(size);
            return hopeless && !named
                    ? CompletableFuture.completedStage(Optional.empty())
                    : desk.carry(new Order.GrowLun(lun.device(), sizeFor(size, asked)), asked)
                            .thenCompose(answer -> grown(lun, view.checks(size, admitted.waived()), answer));
        });
    }

    private CompletionStage<Optional<Answer>> grown(Lun before, List<String> checks, Answer answer) {
        if (!(answer instanceof VolumeAnswer.Carried)) {
            return CompletableFuture.completedStage(Optional.of(checked(checks, answer)));
        }
        return pool().thenApply(pool -> {
            Bytes now = pool.luns().stream()
                    .filter(lun -> lun.id().equals(before.id()))
                    .findFirst()
                    .map(Lun::size)
                    .orElse(before.size());
            return Optional.of(new VolumeAnswer.Carried(
                    "LUN " + before.device()
                            + (now.equals(before.size())
                                    ? " has " + now + " as before"
                                    : " has " + now + " instead of " + before.size()),
                    null));
        });
    }

    /** A LUN may be named by its id, as {@code lun list} shows it, or by any path that leads to it on this host. */
    private CompletionStage<Lun> named(String name, ThePool pool) {
        Optional<Lun> known = pool.luns().stream()
                .filter(lun -> lun.id().equals(name) || lun.device().equals(name))
                .findFirst();
        if (known.isPresent()) {
            return CompletableFuture.completedStage(known.get());
        }
        DeviceQuestion question = question(name);
        return facts.host()
                .thenCompose(self -> view(question, self.host())
                        .thenApply(view -> view.of(self.host())
                                .flatMap(Device::physical)
                                .flatMap(physical -> pool.luns().stream()
                                        .filter(lun -> lun.id().equals(physical.id()))
                                        .findFirst())
                                .orElseThrow(() -> new Refused("the pool has no LUN " + name, SEE_LUNS))));
    }

    /** One that is refused does not keep the others from being enlarged. */
    private static Optional<Answer> refused(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof Refused refused) {
            return Optional.of(refused.failure());
        }
        throw new CompletionException(cause);
    }

    private static Answer together(List<Answer> answers, boolean dryRun) {
        List<Answer.Failure> failures = answers.stream()
                .filter(Answer.Failure.class::isInstance)
                .map(Answer.Failure.class::cast)
                .toList();
        List<String> done = answers.stream()
                .filter(VolumeAnswer.Carried.class::isInstance)
                .map(answer -> ((VolumeAnswer.Carried) answer).what())
                .toList();
        if (!failures.isEmpty()) {
            List<String> causes =
                    new ArrayList<>(failures.stream().map(Answer.Failure::cause).toList());
            causes.addAll(done);
            throw new Refused(String.join("\n", causes), failures.get(0).next());
        }
        if (dryRun) {
            return new VolumeAnswer.Plan(answers.stream()
                    .filter(VolumeAnswer.Plan.class::isInstance)
                    .flatMap(answer -> ((VolumeAnswer.Plan) answer).steps().stream())
                    .toList());
        }
        return answers.stream()
                .filter(VolumeAnswer.GoingOn.class::isInstance)
                .findFirst()
                .orElseGet(() ->
                        new VolumeAnswer.Carried(done.isEmpty() ? "no LUN has grown" : String.join("\n", done), null));
    }

    private static Answer checked(List<String> checks, Answer answer) {
        if (!(answer instanceof VolumeAnswer.Plan plan)) {
            return answer;
        }
        List<String> steps = new ArrayList<>(checks);
        steps.addAll(plan.steps());
        return new VolumeAnswer.Plan(steps);
    }

    private CompletionStage<ThePool> pool() {
        return desk.report()
                .thenCombine(
                        desk.pool(),
                        (report, spm) -> new ThePool(spm.pool(), spm.host(), report.extent(), report.luns()));
    }

    /** Asks everybody by the path, and, where that is another device for some, by the identity that {@code key} sees. */
    private CompletionStage<View> view(DeviceQuestion question, HostId key) {
        CompletionStage<View> byPath = look(question);
        return byPath.thenCompose(view -> {
            String identity = view.of(key).map(Device::identity).orElse("");
            boolean same = view.sights().stream()
                    .allMatch(sight -> sight.device()
                            .filter(device -> device.identity().equals(identity))
                            .isPresent());
            return identity.isEmpty() || same ? byPath : look(new DeviceQuestion(question.path(), identity));
        });
    }

    private CompletionStage<View> look(DeviceQuestion question) {
        return devices.look(question).thenCombine(facts.peers(), (sights, peers) -> {
            Set<HostId> heard = sights.stream().map(DeviceSight::host).collect(Collectors.toSet());
            Set<HostId> silent = peers.stream()
                    .filter(Peers.Peer::alive)
                    .map(Peers.Peer::host)
                    .filter(host -> !heard.contains(host))
                    .collect(Collectors.toSet());
            return new View(sights, silent);
        });
    }

    /** A device says itself how large it is; only who asks before wants to know what it would bring. */
    private static Bytes sizeFor(Bytes size, Parameters asked) {
        return asked.flag("dryRun") ? size.minusOrZero(Admission.LVM_HEADER) : Bytes.ZERO;
    }

    /** Nobody is asked about what can be no name: the SPM may have to be waited for. */
    private static String lunName(String name) {
        try {
            return new LunName(name).value();
        } catch (IllegalArgumentException refused) {
            throw new BadParameter(refused.getMessage());
        }
    }

    private static DeviceQuestion question(String device) {
        try {
            return DeviceQuestion.at(device);
        } catch (IllegalArgumentException refused) {
            throw new BadParameter(refused.getMessage());
        }
    }

    private static void requireNo(Optional<Bytes> size) {
        if (size.isPresent()) {
            throw new BadParameter("the parameter size is for a pool of files; a device says itself how large it is");
        }
    }

    private static String listed(List<String> reasons) {
        return reasons.size() == 1 ? reasons.get(0) : "\n  - " + String.join("\n  - ", reasons);
    }
}
