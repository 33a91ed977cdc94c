using System.Globalization;

namespace Mlp.Benchmarks.Spark;

/// <summary>What rounds of scoring have shown. Time above the floor is that of a round beyond reading and adding up by the same client in it; quotients are taken within a round, beside the peer that was faster in it.</summary>
/// <param name="ways">The ways; each has a run per round.</param>
/// <param name="rows">Rows of a run.</param>
internal sealed class ScoringTable(IReadOnlyList<ScoringWay> ways, int rows)
{
    private const double TargetAboveFloor = 0.75;

    private int Rounds => ways[0].Runs.Count;

    /// <summary>Prints.</summary>
    /// <param name="models">Names of the models.</param>
    /// <returns>Whether all targets are met.</returns>
    public bool Print(IReadOnlyList<string> models)
    {
        Console.WriteLine();
        Console.WriteLine("| Way | Seconds, median (range) | Rows per second | Above the floor | Share of the better peer's, above the floor | Share of its whole time | Processor seconds, Java + workers | Share of the better peer's, above the floor |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var way in ways)
        {
            var seconds = way.Runs.Select(r => r.Seconds).Order().ToList();
            var (above, whole) = (Quotients(way, Above), Quotients(way, static (w, round) => w.Runs[round].Seconds));
            var work = way.Side == ScoringSide.Alone ? [] : Quotients(way, (w, round) => Above(w, round, static r => r.Processor.Java + r.Processor.Workers));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {way.Name} | {Median(seconds):0.000} ({seconds[0]:0.000} to {seconds[^1]:0.000}) | {rows / Median(seconds):N0} | {Median(Each(round => Above(way, round))):0.000} | {Show(above)} | {Show(whole)} | {Median(way.Runs.Select(r => r.Processor.Java)):0.00} + {Median(way.Runs.Select(r => r.Processor.Workers)):0.00} | {Show(work)} |"));
        }

        Console.WriteLine();
        var hasMet = true;
        foreach (var way in models.SelectMany(model => ways.Where(w => w.Answer == model && w.HasTarget)))
        {
            var (above, whole) = (Median(Quotients(way, Above)), Median(Quotients(way, static (w, round) => w.Runs[round].Seconds)));
            var isMet = above <= TargetAboveFloor && whole <= 1;
            hasMet &= isMet;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{way.Name}: {above:P1} of the better peer's time above the floor (target: at most {TargetAboveFloor:P0}), {whole:P1} of its whole time (target: at most 100 %): {(isMet ? "met" : "MISSED")}"));
        }

        return hasMet;
    }

    private static string Show(List<double> quotients) => quotients.Count == 0 ? string.Empty : Median(quotients).ToString("P1", CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private IEnumerable<double> Each(Func<int, double> value) => Enumerable.Range(0, Rounds).Select(value);

    private double Above(ScoringWay way, int round) => Above(way, round, static r => r.Seconds);

    private double Above(ScoringWay way, int round, Func<ScoredSum, double> value)
        => value(way.Runs[round]) - (ways.FirstOrDefault(w => w.Answer == "floor" && w.Side == way.Side) is { } floor ? value(floor.Runs[round]) : 0);

    private List<double> Quotients(ScoringWay way, Func<ScoringWay, int, double> value)
    {
        var peers = ways.Where(w => w.Answer == way.Answer && w.Answer != "floor" && w.Side == ScoringSide.Peer).ToList();
        return peers.Count == 0 ? [] : [.. Each(round => value(way, round) / peers.Min(p => value(p, round)))];
    }
}
