using Mlp.Monitoring.Drift;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport.Streams;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>References and windows of generated rows, without a log.</summary>
internal static class StreamWindows
{
    /// <summary>A reference of the next rows of a stream.</summary>
    public static DriftReference Reference(ChangingRows stream, int rowCount)
    {
        var numbers = stream.Numbers.Select(_ => new double[rowCount]).ToArray();
        var categories = stream.Categories.Select(_ => new string?[rowCount]).ToArray();
        for (var row = 0; row < rowCount; row++)
        {
            stream.MoveNext();
            for (var i = 0; i < numbers.Length; i++)
            {
                numbers[i][row] = stream.Numbers[i];
            }

            for (var i = 0; i < categories.Length; i++)
            {
                categories[i][row] = stream.Categories[i];
            }
        }

        var builder = new ReferenceProfileBuilder();
        for (var i = 0; i < numbers.Length; i++)
        {
            builder.AddNumeric($"n{i}", numbers[i]);
        }

        for (var i = 0; i < categories.Length; i++)
        {
            builder.AddCategorical($"k{i}", categories[i]);
        }

        var profile = builder.Build();
        return new DriftReference(profile)
        {
            Distributions = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(
                numbers.Select((n, i) => KeyValuePair.Create(profile.Features[i], SampleDistribution.OfSorted([.. n.Order()])))),
        };
    }

    /// <summary>Adds the next rows of a stream to a window; tells of each.</summary>
    public static void Fill(DriftWindow window, ChangingRows stream, int rowCount, Action? onRow = null)
    {
        for (var row = 0; row < rowCount; row++)
        {
            stream.MoveNext();
            for (var i = 0; i < stream.Numbers.Length; i++)
            {
                if (double.IsNaN(stream.Numbers[i]))
                {
                    window.Features[i].Histogram.AddMissing();
                }
                else
                {
                    window.Features[i].Add(stream.Numbers[i], 1);
                }
            }

            for (var i = 0; i < stream.Categories.Length; i++)
            {
                window.Features[stream.Numbers.Length + i].Histogram.AddCategory(stream.Categories[i]);
            }

            onRow?.Invoke();
        }

        window.RowCount += rowCount;
    }

    /// <summary>The report of a window, with another window in the place of one of its features.</summary>
    public static DriftReport Compare(DriftWindow window, DriftRules rules, FeatureWindow? changed = null)
    {
        var compared = window.Compared(Enumerable.Range(0, window.Features.Count)).Select(c => c.Window.Histogram.Profile == changed?.Histogram.Profile ? c with { Window = changed } : c);
        return DriftComparison.Compare(new("generated", 1), (window.Reference.Profile.RowCount, window.RowCount), compared, [], rules);
    }

    /// <summary>The report of the next rows of a stream.</summary>
    public static DriftReport Compare(ChangingRows stream, int rowCount, DriftReference reference, DriftRules rules)
    {
        var window = new DriftWindow(reference, rules, 100_000);
        Fill(window, stream, rowCount);
        return Compare(window, rules);
    }
}
