using System.Collections.Concurrent;
using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Materialization;

namespace Mlp.Features.Online;

/// <summary>What the online store is known to lack since it was opened: views that were never brought over into a new folder, and rows that do not fit. Thread-safe.</summary>
internal sealed class OnlineGaps
{
    private readonly ConcurrentDictionary<(string Name, int Version), bool> _expected = new();
    private readonly ConcurrentDictionary<(string Name, int Version), long> _passedOver = new();

    /// <summary>Says that a view has rows offline and none online.</summary>
    /// <param name="view">The view.</param>
    internal void Expect(FeatureViewDefinition view) => _expected[(view.Name, view.Version)] = true;

    /// <summary>Takes in what a materialization did.</summary>
    /// <param name="result">Its result.</param>
    /// <param name="isBackFill">Whether it brought the rows of a range, which may come again.</param>
    internal void Heed(MaterializationResult result, bool isBackFill)
    {
        var view = (result.View, result.Version);
        if (!isBackFill)
        {
            _expected.TryRemove(view, out _);
        }

        if (result.PassedOverRowCount > 0)
        {
            _passedOver.AddOrUpdate(view, result.PassedOverRowCount, (_, earlier) => isBackFill ? Math.Max(earlier, result.PassedOverRowCount) : earlier + result.PassedOverRowCount);
        }
    }

    /// <summary>Forgets what was passed over of a view that begins anew.</summary>
    /// <param name="view">The view.</param>
    internal void Forget(FeatureViewDefinition view) => _passedOver.TryRemove((view.Name, view.Version), out _);

    /// <summary>Says it in sentences; null when nothing is lacking.</summary>
    internal string? Describe()
    {
        List<string> sentences = [];
        if (!_expected.IsEmpty)
        {
            sentences.Add($"The online store began empty, but the offline store has rows of {NamesOf(_expected.Keys)}: materialize them.");
        }

        foreach (var ((name, version), count) in _passedOver.OrderBy(view => view.Key))
        {
            sentences.Add(string.Create(CultureInfo.InvariantCulture, $"Materializations passed over {count} rows of '{name}' version {version} that fit on no page of the online store."));
        }

        return sentences.Count == 0 ? null : string.Join(' ', sentences);
    }

    private static string NamesOf(IEnumerable<(string Name, int Version)> views)
        => string.Join(", ", views.Order().Select(view => string.Create(CultureInfo.InvariantCulture, $"'{view.Name}' version {view.Version}")));
}
