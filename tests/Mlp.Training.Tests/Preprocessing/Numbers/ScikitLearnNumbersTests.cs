using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing.Numbers;

/// <summary>Recipes as ONNX Runtime runs them against scikit-learn's transformers, fitted to the first 70 % of 10,000 real rows, every thirteenth of which lacks its value.</summary>
public sealed class ScikitLearnNumbersTests
{
    private const string Adult = "data/adult.csv";
    private const string Bike = "data/bike_hour.csv";
    private const int RowCount = 10_000;

    // The transformers leave NaN alone when they are fitted; what stands in for it comes before them, as in the graph.
    private const string Script = """
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import StandardScaler, MinMaxScaler, RobustScaler, QuantileTransformer, KBinsDiscretizer, PowerTransformer
        def fill(x, n, strategy, **more):
            return SimpleImputer(strategy=strategy, **more).fit(x[:n]).transform(x)
        for name, x in columns.items():
            x = x.reshape(-1, 1)
            n = int(len(x) * 0.7)
            mean, median = fill(x, n, 'mean'), fill(x, n, 'median')
            there = x[:n][~np.isnan(x[:n])].reshape(-1, 1)
            out[name + '_standard'] = StandardScaler().fit(x[:n]).transform(mean)
            out[name + '_minmax'] = MinMaxScaler(clip=True).fit(x[:n]).transform(mean)
            out[name + '_robust'] = RobustScaler().fit(x[:n]).transform(median)
            out[name + '_wide'] = RobustScaler(quantile_range=(10.0, 90.0)).fit(x[:n]).transform(median)
            out[name + '_uniform'] = QuantileTransformer(n_quantiles=1000, subsample=10**9).fit(x[:n]).transform(median)
            out[name + '_normal'] = QuantileTransformer(n_quantiles=100, subsample=10**9, output_distribution='normal').fit(x[:n]).transform(median)
            out[name + '_power'] = PowerTransformer().fit(x[:n]).transform(mean)
            out[name + '_median'] = median
            out[name + '_frequent'] = fill(x, n, 'most_frequent')
            out[name + '_constant'] = fill(x, n, 'constant', fill_value=-7.5)
            out[name + '_missing'] = np.isnan(x)
            out[name + '_log'] = np.log1p(mean)
            out[name + '_clipped'] = np.clip(mean, np.percentile(there, 5), np.percentile(there, 95))
            out[name + '_widths'] = KBinsDiscretizer(n_bins=6, encode='ordinal', strategy='uniform').fit(there).transform(median)
            out[name + '_shares'] = KBinsDiscretizer(n_bins=4, encode='ordinal', strategy='quantile').fit(there).transform(median)
        """;

    [ScikitLearnFact(Adult)]
    public void Write_AdultCensus_EqualsScikitLearn() => AssertEqual(Adult, "age", "fnlwgt", "education_num", "capital_gain", "hr_per_week");

    [ScikitLearnFact(Bike)]
    public void Write_BikeSharing_EqualsScikitLearn() => AssertEqual(Bike, "hour", "temp", "humidity", "windspeed");

    private static void AssertEqual(string file, params string[] names)
    {
        var columns = Read(file, names);
        var expected = ScikitLearn.Run(
            $"columns = dict({string.Join(", ", names.Select(n => $"{n}={n}"))})\n{Script}", [.. names.Select(n => (n, columns[n].Select(v => v ?? double.NaN)))]);
        var rows = new Rows();
        var options = new PreprocessingOptions { MaximumDeviation = 1e6 };
        foreach (var name in names)
        {
            foreach (var (kind, recipe) in Recipes(columns[name]))
            {
                rows.Float64($"{name}_{kind}", columns[name]);
                recipe(options.For($"{name}_{kind}").WithoutIndicator());
            }

            rows.Float64($"{name}_there", columns[name]);
            options.For($"{name}_there").AddIndicator();
        }

        var table = FeatureTable.Of(rows.Batch(), rows.Features);
        var encoding = FeatureEncoding.Learn(table, (int)(table.RowCount * 0.7), options);
        var found = EncodingRun.Run(table, encoding);
        for (var output = 0; output < encoding.Width; output++)
        {
            var name = encoding.OutputNames[output].Replace("_there is missing", "_missing", StringComparison.Ordinal);
            if (!expected.TryGetValue(name, out var wanted))
            {
                Assert.EndsWith("_there", name, StringComparison.Ordinal);
                continue;
            }

            // λ of the power is the maximum of a flat curve, which both find to about 1e-6.
            var tolerance = name.EndsWith("_power", StringComparison.Ordinal) ? 1e-5 : 1e-6;
            for (var row = 0; row < wanted.Length; row++)
            {
                var difference = Math.Abs(found[(row * encoding.Width) + output] - wanted[row]);
                Assert.True(difference <= tolerance * Math.Max(1, Math.Abs(wanted[row])), FormattableString.Invariant($"{name} of row {row}: scikit-learn gives {wanted[row]}, the graph differs by {difference}."));
            }

            expected.Remove(name);
        }

        // Numbers of which most are equal have no buckets of equal shares; they are refused here.
        Assert.All(expected.Keys, key => Assert.Equal("capital_gain_shares", key));
    }

    private static IEnumerable<(string Kind, Action<FeatureRecipe> Recipe)> Recipes(double?[] column)
    {
        yield return ("standard", r => r.Scale(NumberScaling.Standard));
        yield return ("minmax", r => r.Scale(NumberScaling.MinMax));
        yield return ("robust", r => r.Impute(ImputeKind.Median).RobustScale());
        yield return ("wide", r => r.Impute(ImputeKind.Median).RobustScale(0.1, 0.9));
        yield return ("uniform", r => r.Impute(ImputeKind.Median).Scale(NumberScaling.QuantileUniform));
        yield return ("normal", r => r.Impute(ImputeKind.Median).Scale(NumberScaling.QuantileNormal).QuantileCount = 100);
        yield return ("power", r => r.Apply(NumberFunction.YeoJohnson));
        yield return ("median", r => r.Impute(ImputeKind.Median).PassThrough());
        yield return ("frequent", r => r.Impute(ImputeKind.MostFrequent).PassThrough());
        yield return ("constant", r => r.Impute(-7.5).PassThrough());
        yield return ("log", r => r.Apply(NumberFunction.Log1P).PassThrough());
        yield return ("clipped", r => r.ClipQuantiles(0.05, 0.95).PassThrough());
        yield return ("widths", r => r.Impute(ImputeKind.Median).Bucketize(BucketKind.Uniform, 6, BucketOutput.Ordinal));
        if (column.Count(v => v == 0) * 2 < column.Length)
        {
            yield return ("shares", r => r.Impute(ImputeKind.Median).Bucketize(BucketKind.Quantile, 4, BucketOutput.Ordinal));
        }
    }

    private static Dictionary<string, double?[]> Read(string file, string[] names)
    {
        var lines = File.ReadLines(ReferenceData.Find(file)!).Take(RowCount + 1).Select(l => l.Split(',')).ToList();
        return names.ToDictionary(
            name => name,
            name =>
            {
                var index = Array.IndexOf(lines[0], name);
                return lines.Skip(1).Select((l, row) => row % 13 == 5 ? (double?)null : double.Parse(l[index], CultureInfo.InvariantCulture)).ToArray();
            });
    }
}
