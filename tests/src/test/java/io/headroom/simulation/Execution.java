package io.headroom.simulation;

/** Has a process carry out one effect of what it decided; whoever stands here may end the process around it. */
@FunctionalInterface
public interface Execution {
    Execution PLAIN = (process, effect, act) -> act.run();

    void run(Life process, Object effect, Runnable act);
}
