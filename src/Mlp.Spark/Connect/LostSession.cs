namespace Mlp.Spark.Connect;

/// <summary>Says in a sentence that the server no longer has the session. It cannot be had back: whoever has it must make a new one.</summary>
internal static class LostSession
{
    /// <summary>Spark's name of the error that another session of the same id has taken the place.</summary>
    public const string Changed = "INVALID_HANDLE.SESSION_CHANGED";

    private const string Closed = "INVALID_HANDLE.SESSION_CLOSED";
    private const string NotFound = "INVALID_HANDLE.SESSION_NOT_FOUND";

    /// <summary>A sentence for what Spark says of a session that it no longer has; null for other errors.</summary>
    /// <param name="text">What Spark says.</param>
    /// <param name="server">The server, for the message.</param>
    public static string? Explain(string text, string server)
        => text.StartsWith($"[{Changed}]", StringComparison.Ordinal) ? Say(server, "it has been started anew or has forgotten the session")
            : text.StartsWith($"[{Closed}]", StringComparison.Ordinal) ? Say(server, "the session was closed: it was released, or idle for longer than 'spark.connect.session.manager.defaultSessionTimeout'")
            : text.StartsWith($"[{NotFound}]", StringComparison.Ordinal) ? Say(server, "it does not know the session")
            : null;

    /// <summary>The error for a session that was found empty.</summary>
    /// <param name="server">The server, for the message.</param>
    public static SparkException Create(string server)
    {
        var text = $"[{Changed}]";
        return new SparkException(Explain(text, server)!, text, Changed, null, null);
    }

    private static string Say(string server, string cause)
        => $"Expected the Spark Connect server '{server}' to have the session still, but {cause}. Its settings, views, functions and files are gone; make a new session.";
}
