using System.Globalization;
using Xunit.Abstractions;

namespace Mlp.Training.Tests.Distributed.Rounds;

/// <summary>What happened in rounds: a line for each, and a table when they have ended.</summary>
internal sealed class RoundReport(ITestOutputHelper output) : IDisposable
{
    private readonly List<(string Fault, string Outcome, double Milliseconds)> _rounds = [];

    /// <summary>A round has ended as it should.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="round">What it was.</param>
    /// <param name="fault">What happened to a rank.</param>
    /// <param name="outcome">What followed.</param>
    /// <param name="milliseconds">How long others waited for that; 0 where nobody did.</param>
    public void Add(int number, string round, string fault, string outcome, double milliseconds)
    {
        _rounds.Add((fault, outcome, milliseconds));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {number}: {round}: {outcome}{(milliseconds > 0 ? $", {milliseconds:F0} ms" : "")}"));
    }

    /// <summary>Writes the table.</summary>
    public void Dispose()
    {
        output.WriteLine("\n| Fault | Outcome | Rounds | Longest wait, ms |\n| --- | --- | ---: | ---: |");
        foreach (var group in _rounds.GroupBy(r => (r.Fault, r.Outcome)).OrderBy(g => g.Key))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {group.Key.Fault} | {group.Key.Outcome} | {group.Count()} | {(group.Max(r => r.Milliseconds) is > 0 and var longest ? $"{longest:F0}" : "-")} |"));
        }
    }
}
