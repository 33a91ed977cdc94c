using Spectre.Console;

namespace Quickstart;

/// <summary>One progress bar per stage.</summary>
internal sealed class ConsoleReporter(IAnsiConsole console) : IStageReporter
{
    public Task<T> RunAsync<T>(string stage, Func<IProgress<double>, Task<T>> work)
    {
        if (!console.Profile.Capabilities.Interactive)
        {
            return RunPlainAsync(stage, work);
        }

        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(stage.PadRight(44), maxValue: 1);
                var result = await work(new InlineProgress(value => bar.Value = value));
                bar.Value = 1;
                return result;
            });
    }

    /// <summary>Where the output goes to a file, a line at the start and a bar when done.</summary>
    private async Task<T> RunPlainAsync<T>(string stage, Func<IProgress<double>, Task<T>> work)
    {
        console.Write($"{stage,-44} ");
        var shown = 0;
        var result = await work(new InlineProgress(value =>
        {
            for (; shown < (int)(value * 20); shown++)
            {
                console.Write("#");
            }
        }));
        console.WriteLine(new string('#', Math.Max(0, 20 - shown)));
        return result;
    }

    private sealed class InlineProgress(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(Math.Clamp(value, 0, 1));
    }
}
