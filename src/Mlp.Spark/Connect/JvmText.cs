namespace Mlp.Spark.Connect;

/// <summary>Messages as a JVM writes them, which hold the stack where something failed.</summary>
internal static class JvmText
{
    private const string Frame = "\tat ";
    private const string Suppressed = "\t... ";
    private const string Heading = "Driver stacktrace:";

    /// <summary>The message alone.</summary>
    /// <param name="text">The message, with or without stacks; the last line may have been cut.</param>
    public static string WithoutStack(string text)
        => string.Join('\n', text.Split('\n').Where(line => !IsOfStack(line))).Trim();

    private static bool IsOfStack(string line)
        => line.StartsWith(Frame, StringComparison.Ordinal) || line.StartsWith(Suppressed, StringComparison.Ordinal) || line.AsSpan().TrimEnd().SequenceEqual(Heading);
}
