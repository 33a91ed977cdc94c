using Apache.Arrow;
using Apache.Arrow.Types;
using BenchmarkDotNet.Attributes;
using Mlp.Monitoring.Drift;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>A drift report from stored profiles, against the usual way: keep the rows of the reference, sort and bin both sides again.</summary>
[MemoryDiagnoser]
public class DriftReportBenchmarks
{
    private const int Rows = 10_000;

    private readonly DriftOptions _kolmogorovSmirnov = new() { NumericMethod = DriftMethod.KolmogorovSmirnov };
    private double[][] _reference = [];
    private double[][] _current = [];
    private byte[] _storedReference = [];
    private byte[] _storedCurrent = [];
    private DataProfile _referenceProfile = null!;
    private DataProfile _currentProfile = null!;

    [Params(100, 1_000)]
    public int Features { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _reference = Draw(random);
        _current = Draw(random);
        _referenceProfile = Profile(_reference);
        _currentProfile = Profile(_current);
        _storedReference = _referenceProfile.ToBytes();
        _storedCurrent = _currentProfile.ToBytes();
        if (StoredProfiles() != Features)
        {
            throw new InvalidOperationException("Expected every feature to be compared.");
        }
    }

    /// <summary>No drift method but PSI, and no report: the least that the naive way must do.</summary>
    [Benchmark(Baseline = true, Description = "PSI from 10,000 rows a side")]
    public double FromRows()
    {
        var sum = 0.0;
        for (var f = 0; f < Features; f++)
        {
            double[] ascending = [.. _reference[f]];
            System.Array.Sort(ascending);
            var edges = Enumerable.Range(1, 9).Select(i => ascending[i * ascending.Length / 10]).ToArray();
            var (p, q) = (Count(_reference[f], edges), Count(_current[f], edges));
            for (var b = 0; b < p.Length; b++)
            {
                sum += (p[b] - q[b]) * Math.Log(Math.Max(p[b], 1e-4) / Math.Max(q[b], 1e-4));
            }
        }

        return sum;
    }

    [Benchmark(Description = "report from stored profiles")]
    public int StoredProfiles() => ProfileComparison.Compare(DataProfile.Parse(_storedReference), DataProfile.Parse(_storedCurrent)).Features.Count;

    [Benchmark(Description = "report from profiles in memory")]
    public int Profiles() => ProfileComparison.Compare(_referenceProfile, _currentProfile).Features.Count;

    [Benchmark(Description = "the same, Kolmogorov-Smirnov")]
    public int KolmogorovSmirnov() => ProfileComparison.Compare(_referenceProfile, _currentProfile, _kolmogorovSmirnov).Features.Count;

    private static double[] Count(double[] values, double[] edges)
    {
        var shares = new double[edges.Length + 1];
        foreach (var value in values)
        {
            var bin = System.Array.BinarySearch(edges, value);
            shares[bin < 0 ? ~bin : bin + 1] += 1.0 / values.Length;
        }

        return shares;
    }

    private double[][] Draw(Random random)
        => [.. Enumerable.Range(0, Features).Select(_ => Enumerable.Range(0, Rows).Select(_ => random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5).ToArray())];

    private DataProfile Profile(double[][] columns)
    {
        var schema = new Schema([.. Enumerable.Range(0, Features).Select(f => new Field($"x{f}", DoubleType.Default, false))], null);
        var builder = new DataProfileBuilder();
        builder.Add(new RecordBatch(schema, columns.Select(c => new DoubleArray.Builder().AppendRange(c).Build()), Rows));
        return builder.Build();
    }
}
