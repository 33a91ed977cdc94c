using System.Globalization;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Scoring;

namespace Mlp.CrashChild;

/// <summary>
/// "score-file DATADIRECTORY MODEL INPUT OUTPUT ROWSPERPART": scores a file with a model of the registry. Prints "rows N M" when N rows are durable, M of them from an earlier run, and
/// "done N M VERSION" at the end.
/// </summary>
internal sealed class ScoreFileScenario : ICrashScenario
{
    public string Name => "score-file";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        await using var platform = MlPlatform.CreateBuilder()
            .UseDataDirectory(arguments[0])
            .AddModel(arguments[1])
            .Build();
        await platform.StartAsync();
        var model = platform.GetModel(arguments[1]);
        await model.WaitUntilReadyAsync();
        var options = new FileScoringOptions { RowsPerPart = int.Parse(arguments[4], CultureInfo.InvariantCulture) };
        var result = await model.ScoreFileAsync(arguments[2], arguments[3], options, new Printer(acknowledge));
        acknowledge(FormattableString.Invariant($"done {result.RowCount} {result.ResumedRowCount} {result.ModelVersion}"));
    }

    /// <summary>Prints at once, on the thread that scores.</summary>
    private sealed class Printer(Action<string> acknowledge) : IProgress<FileScoringProgress>
    {
        public void Report(FileScoringProgress value) => acknowledge(FormattableString.Invariant($"rows {value.RowCount} {value.ResumedRowCount}"));
    }
}
