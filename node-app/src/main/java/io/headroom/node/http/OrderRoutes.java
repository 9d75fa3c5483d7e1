package io.headroom.node.http;

import io.headroom.node.api.Answer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.server.PathMatcher1;
import org.apache.pekko.http.javadsl.server.PathMatchers;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * The routes that change the pool, and those that tell of what they change. An order is a JSON object; its sizes are
 * texts such as {@code "100G"} or numbers of bytes.
 *
 * <pre>
 *   GET    volumes                  every volume
 *   POST   volumes                  makes one: name, virtualSize, size
 *   GET    volumes/NAME             one volume, by name or id
 *   DELETE volumes/NAME             wipe, as parameters
 *   POST   volumes/NAME/resize      virtualSize
 *   POST   volumes/NAME/activate    on the host that is asked: shared
 *   POST   volumes/NAME/deactivate  on the host that is asked
 *   POST   volumes/NAME/release     for a host that is dead: host
 *   GET    luns                     every LUN
 *   POST   luns                     adds one: device, size (of a file pool), force
 *   POST   luns/grow                uses what the array added: device (or all), size (of a file pool), force
 *   POST   vms/NAME/hold            a VM of the host that is asked is not resumed
 *   POST   vms/NAME/release         the hold ends
 * </pre>
 *
 * Each order about volumes and LUNs takes {@code dryRun}, which changes nothing and answers with the steps, and
 * {@code by}, who asks.
 */
final class OrderRoutes extends JsonRoutes {
    private static final String VOLUMES = "volumes";
    private static final String LUNS = "luns";

    private final Questions questions;
    private final OrderDesk desk;
    private final LunDesk luns;

    OrderRoutes(Questions questions, OrderDesk desk, LunDesk luns) {
        this.questions = questions;
        this.desk = desk;
        this.luns = luns;
    }

    Route routes() {
        return concat(
                path(VOLUMES, () -> concat(asked(desk::volumes), ordered(desk::create, "name", "virtualSize", "size"))),
                path(PathMatchers.segment(VOLUMES).slash(PathMatchers.segment()), this::volume),
                onVolume("resize", desk::resize, "virtualSize"),
                onVolume("activate", desk::activate, "shared"),
                onVolume("deactivate", desk::deactivate),
                onVolume("release", desk::release, "host"),
                path(LUNS, () -> concat(asked(desk::luns), ordered(luns::add, "device", "size", "force"))),
                path(PathMatchers.segment(LUNS).slash("grow"), () -> ordered(luns::refresh, "device", "size", "force")),
                onVm("hold", true),
                onVm("release", false));
    }

    private Route onVm(String order, boolean held) {
        PathMatcher1<String> path =
                PathMatchers.segment("vms").slash(PathMatchers.segment()).slash(order);
        return path(path, vm -> ordered(asked -> questions.hold(vm, held), Set.of()));
    }

    private Route volume(String volume) {
        Function<Parameters, CompletionStage<Answer>> deleting = asked -> desk.delete(volume, asked);
        return concat(
                asked(() -> desk.volume(volume)),
                delete(() -> parameterMultiMap(values ->
                        completeWithFuture(Responses.of(deleting.apply(new Parameters(values, allowed("wipe"))))))));
    }

    private Route onVolume(
            String order, BiFunction<String, Parameters, CompletionStage<Answer>> taking, String... parameters) {
        PathMatcher1<String> path =
                PathMatchers.segment(VOLUMES).slash(PathMatchers.segment()).slash(order);
        return path(path, volume -> ordered(asked -> taking.apply(volume, asked), parameters));
    }

    private Route ordered(Function<Parameters, CompletionStage<Answer>> taking, String... parameters) {
        return ordered(taking, allowed(parameters));
    }

    private static Set<String> allowed(String... parameters) {
        Set<String> allowed = new HashSet<>(List.of(parameters));
        allowed.add("dryRun");
        allowed.add("by");
        return allowed;
    }
}
