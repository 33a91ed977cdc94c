using System.Globalization;
using Xunit.Abstractions;

namespace Mlp.Training.Tests.Distributed.Rounds;

/// <summary>Runs rounds, also after one that has failed, and writes a line for each and a table of all.</summary>
internal sealed class RoundReport(ITestOutputHelper output)
{
    private readonly List<(string Fault, RoundOutcome Outcome)> _rounds = [];
    private readonly List<string> _failures = [];

    /// <summary>Runs a round.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="round">What it is.</param>
    /// <param name="fault">What happens to a rank.</param>
    /// <param name="run">Runs it, and throws where it does not end as it should.</param>
    public async Task RunAsync(int number, object round, string fault, Func<Task<RoundOutcome>> run)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"round {number}: {round}: ");
        try
        {
            var outcome = await run();
            _rounds.Add((fault, outcome));
            var (waited, loss) = (outcome.Milliseconds > 0 ? FormattableString.Invariant($", {outcome.Milliseconds:F0} ms") : "", outcome.Loss is { } found ? FormattableString.Invariant($", loss {found:F5}") : "");
            output.WriteLine(line + outcome.Sentence + waited + loss);
        }
        catch (Exception exception)
        {
            _rounds.Add((fault, new("failed")));
            _failures.Add(line + exception.Message);
            output.WriteLine(line + "failed");
        }
    }

    /// <summary>Writes the table, and throws where a round has failed.</summary>
    public void End()
    {
        var trains = _rounds.Exists(r => r.Outcome.Loss is not null);
        output.WriteLine($"\n| Fault | Outcome | Rounds | Longest wait, ms |{(trains ? " Loss |" : "")}\n| --- | --- | ---: | ---: |{(trains ? " --- |" : "")}");
        foreach (var group in _rounds.GroupBy(r => (r.Fault, r.Outcome.Sentence), r => r.Outcome).OrderBy(g => g.Key))
        {
            var waited = group.Max(r => r.Milliseconds) is > 0 and var longest ? longest.ToString("F0", CultureInfo.InvariantCulture) : "-";
            var loss = trains ? FormattableString.Invariant($" {group.Min(r => r.Loss):F5} to {group.Max(r => r.Loss):F5} |") : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {group.Key.Fault} | {group.Key.Sentence} | {group.Count()} | {waited} |{loss}"));
        }

        Assert.True(_failures.Count == 0, string.Join("\n\n", _failures));
    }
}
