using System.Text.RegularExpressions;

namespace Mlp.Spark.Connect;

/// <summary>Messages as a JVM writes them, which hold the stack where something failed, and the plan in which something is wrong.</summary>
internal static partial class JvmText
{
    private const string Frame = "\tat ";
    private const string Suppressed = "\t... ";
    private const string Heading = "Driver stacktrace:";

    /// <summary>The message alone, without stacks and plans: the worker's sentence where that is the cause.</summary>
    /// <param name="text">The message, with or without stacks and plans; the last line may have been cut.</param>
    public static string WithoutStackAndPlan(string text)
    {
        var said = string.Join('\n', text.Split('\n').Where(line => !IsOfStack(line))).Trim();
        return WorkerCause().Matches(said) is [.., { Groups: [_, var sentence] }] ? sentence.Value.Trim() : WithoutPlan(said);
    }

    private static bool IsOfStack(string line)
        => line.StartsWith(Frame, StringComparison.Ordinal) || line.StartsWith(Suppressed, StringComparison.Ordinal) || line.AsSpan().TrimEnd().SequenceEqual(Heading);

    private static string WithoutPlan(string text)
    {
        // A message may hold one of each.
        var start = Math.Min(StartOf(Plan().Match(text)), StartOf(GluedPlan().Match(text)));
        return text[..start].TrimEnd().TrimEnd(';', ':');

        int StartOf(Match plan) => plan.Success ? plan.Index : text.Length;
    }

    [GeneratedRegex("""^Caused by: org\.apache\.spark\.api\.python\.PythonException: (.+?)(?=^Caused by: |\z)""", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex WorkerCause();

    /// <summary>A tree below the message: its root, and a line of branches; or an operator alone that was not resolved.</summary>
    [GeneratedRegex("""(?<=[;:]\s*)\n(?:'\w|[A-Z]\w+ [^\n]*\n[ :]*[:+]- )""")]
    private static partial Regex Plan();

    /// <summary>A tree whose root, <c>LateralJoin lateral-subquery#1 …</c>, follows the last word without a space, as in Spark 3.5.</summary>
    [GeneratedRegex("""(?<=[a-z.])[A-Z][A-Za-z]+ [^\n]*#[0-9]+[^\n]*\n[ :]*[:+]- """)]
    private static partial Regex GluedPlan();
}
