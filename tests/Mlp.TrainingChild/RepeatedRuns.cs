namespace Mlp.TrainingChild;

/// <summary>Runs what each line of the input says, as <c>env</c> does: variables, an empty one is removed, and arguments. Prints "end CODE" after each. So one process takes part in many rounds.</summary>
internal static class RepeatedRuns
{
    public static async Task RunAsync(Func<string[], Task> run, Action<string> print)
    {
        while (Console.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            var begin = Array.FindIndex(words, w => !w.Contains('=', StringComparison.Ordinal));
            foreach (var variable in words[..begin])
            {
                var (name, value) = variable.Split('=', 2) is [var left, var right] ? (left, right) : default;
                Environment.SetEnvironmentVariable(name, value.Length == 0 ? null : value);
            }

            Environment.ExitCode = 0;
            await run(words[begin..]);
            print(FormattableString.Invariant($"end {Environment.ExitCode}"));
        }
    }
}
