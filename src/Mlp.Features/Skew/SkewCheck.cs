using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Skew;

/// <summary>Recomputes served rows from the raw rows of the offline store by the rules of <see cref="Visibility"/>, and says why those that differ do. One run at a time.</summary>
/// <param name="store">The offline store.</param>
/// <param name="readNow">Reads a service online as of now, for those that differ: keys, shape (rows, keys).</param>
internal sealed class SkewCheck(OfflineStore store, Func<FeatureServiceDefinition, EntityValue[], ValueTask<FeatureRows>> readNow)
{
    private const int KeptDifferences = 1000;

    private readonly List<SkewDifference> _differences = [];
    private readonly Dictionary<SkewVerdict, long> _counts = [];
    private long _rows;
    private long _dropped;
    private long _values;

    internal async Task<SkewReport> RunAsync(IEnumerable<SkewSink> sinks, CancellationToken cancellationToken)
    {
        foreach (var sink in sinks)
        {
            var (samples, dropped) = sink.Take();
            _dropped += dropped;
            try
            {
                if (samples.Count > 0)
                {
                    await CheckAsync(sink, samples, cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                samples.Clear();
            }
        }

        SkewMetrics.Checked.Add(_rows);
        foreach (var (verdict, count) in _counts)
        {
            SkewMetrics.Differences.Add(count, new KeyValuePair<string, object?>("verdict", EnumTerms<SkewVerdict>.Of(verdict)));
        }

        return new SkewReport(_rows, _dropped, _values, _counts, [.. _differences.OrderBy(d => d.Verdict != SkewVerdict.DifferentValue).Take(KeptDifferences)]);
    }

    private async Task CheckAsync(SkewSink sink, SkewSamples samples, CancellationToken cancellationToken)
    {
        var service = sink.Service;
        var rows = Enumerable.Range(0, samples.Count).Select(row => new LeakageRow(row, samples.FactsOf(row).Time, [.. samples.KeyOf(row).ToArray().Select(Stored)], [])).ToList();
        _rows += rows.Count;
        foreach (var view in service.Views.Where(v => v.View is not null))
        {
            var history = await ReadHistoryAsync(view, rows, cancellationToken).ConfigureAwait(false);
            foreach (var row in rows)
            {
                var known = history.Of(row, view);
                var expected = BruteForce.Answer(known, row.Time, view.View!.TimeToLiveMicroseconds, JoinMode.CreatedTime, view.Columns.Count);
                var served = ServedAnswer.Read(samples.Rows, (int)row.Number, view, service.Description.Layout);
                _values += view.Columns.Count;
                if (!served.Equals(expected))
                {
                    await ReportAsync(sink, samples, (int)row.Number, view, served, expected, known).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<LeakageHistory> ReadHistoryAsync(FeatureServiceView view, IReadOnlyList<LeakageRow> rows, CancellationToken cancellationToken)
    {
        var snapshot = store.Open(view.View!).GetSnapshot();
        using var session = store.OpenSession();
        try
        {
            return await LeakageHistory.ReadAsync(session, snapshot, view, rows, cancellationToken).ConfigureAwait(false);
        }
        catch (DuckDBException e)
        {
            throw OfflineStore.Explain(e, session, [snapshot]);
        }
    }

    private async Task ReportAsync(
        SkewSink sink, SkewSamples samples, int row, FeatureServiceView view, ServedAnswer served, ViewAnswer expected, IReadOnlyList<HistoryRow> known)
    {
        var (id, time, requestTime) = samples.FactsOf(row);
        var key = samples.KeyOf(row).ToArray();
        var layout = sink.Service.Description.Layout;
        var now = ServedAnswer.Read(await readNow(sink.Service, key).ConfigureAwait(false), 0, view, layout);
        var verdict = SkewVerdicts.Of(served, now, known, time, requestTime);
        for (var i = 0; i < view.Columns.Count; i++)
        {
            var column = layout.Columns[view.Columns[i].ColumnIndex];
            var (one, other) = (served.Of(i, column), ServedAnswer.From(expected).Of(i, column));
            if (served.HasSame(i, expected))
            {
                continue;
            }

            CollectionsMarshal.GetValueRefOrAddDefault(_counts, verdict, out _)++;
            if (_differences.Count < KeptDifferences || verdict == SkewVerdict.DifferentValue)
            {
                _differences.Add(new SkewDifference(
                    sink.Model.Manifest.Name, sink.Model.Manifest.Version, id, Microseconds.ToDateTimeOffset(time), key, view.Name, column.Name, one, other, verdict));
            }
        }
    }

    /// <summary>The form of a key part in the offline store.</summary>
    private static EntityValue Stored(EntityValue value) => value.Kind == EntityValueKind.Guid ? value.AsGuid().ToString("D") : value;
}
