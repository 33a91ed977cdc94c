using Mlp.Runtime;
using Spectre.Console;

namespace Quickstart;

/// <summary>What the program does with its command line: a summary, or one sentence that says what went wrong; never a stack trace.</summary>
internal static class QuickstartCommand
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int Cancelled = 130;

    /// <summary>Runs the loop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, IAnsiConsole console, TextWriter error, CancellationToken cancellationToken)
    {
        QuickstartOptions options;
        try
        {
            options = QuickstartOptions.Parse(arguments);
        }
        catch (ArgumentException e)
        {
            await error.WriteLineAsync(e.Message);
            await error.WriteLineAsync(QuickstartOptions.Usage);
            return WrongUsage;
        }

        if (options.ShowHelp)
        {
            // Not through Spectre, which would break the lines anew.
            await console.Profile.Out.Writer.WriteLineAsync(QuickstartOptions.Usage);
            return Success;
        }

        try
        {
            using var log = new SentenceLog(error);
            var summary = await new QuickstartRun(options, new ConsoleReporter(console), log).ExecuteAsync(cancellationToken);
            SummaryPrinter.Print(console, summary);
            return summary.Failures.Count == 0 ? Success : Failed;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever a stage threw when it was told to stop.
            await error.WriteLineAsync();
            await error.WriteLineAsync("Stopped before the end.");
            return Cancelled;
        }
        catch (Exception e)
        {
            await error.WriteLineAsync();
            await error.WriteLineAsync(SentenceOf(e));
            return Failed;
        }
    }

    /// <summary>Errors that are meant for the reader of this line say all by themselves; of others the kind is worth knowing. Some, DuckDB's above all, go on over many lines.</summary>
    private static string SentenceOf(Exception e)
    {
        var text = e.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "No more is known.";
        return e is MlPlatformException or IOException or InvalidDataException or UnauthorizedAccessException ? text : $"{e.GetType().Name}: {text}";
    }
}
