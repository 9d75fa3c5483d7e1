package io.headroom.node;

import io.headroom.node.cli.HeadroomCommand;

/** The program. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(HeadroomCommand.line().execute(arguments));
    }
}
