using Mlp.Benchmarks.Runtime;

namespace Mlp.Benchmarks.Scoring;

/// <summary><c>score-pairs</c>: the ways of <see cref="ScoreBatchBenchmarks"/> to bring 128 columns of 1,024 rows to a model, in turns.</summary>
internal static class ScorePairs
{
    private const int Calls = 20;
    private const int Rounds = 1_500;

    /// <summary>Runs and prints.</summary>
    public static async Task RunAsync()
    {
        var ways = new ScoreBatchBenchmarks { Columns = 128, Rows = 1024 };
        await ways.SetUpAsync();
        Console.WriteLine($"{ways.Columns} columns of {ways.Rows} rows, {Calls} calls of a way in turn, {Rounds} rounds");
        new InterleavedRounds()
            .Add("raw run, rows ready", ways.RawRows)
            .Add("ScoreAsync, separate buffers", () => ways.ForeignAsync().GetAwaiter().GetResult())
            .Add("ScoreAsync, one contiguous block", () => ways.BlockAsync().GetAwaiter().GetResult())
            .Add("ScoreAsync, read from Parquet", () => ways.ParquetAsync().GetAwaiter().GetResult())
            .Add("ScoreAsync, separate buffers, kernel", () => ways.KernelAsync().GetAwaiter().GetResult())
            .Add("raw run, block, transpose in the graph", ways.RawTranspose)
            .Run(Calls, Rounds);
        await ways.CleanUpAsync();
    }
}
