using System.Runtime.InteropServices;
using Apache.Arrow;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Skew;

/// <summary>
/// Recomputes served rows, stored features from the raw rows of the offline store by the rules of <see cref="Visibility"/> and on-demand ones from the request, and says why those that differ do. One run at a time.
/// </summary>
/// <param name="store">The offline store.</param>
/// <param name="readNow">Reads a service online as of now, for those that differ: keys, shape (rows, keys).</param>
internal sealed class SkewCheck(OfflineStore store, Func<FeatureServiceDefinition, EntityValue[], ValueTask<FeatureRows>> readNow)
{
    private const int KeptDifferences = 1000;

    private readonly List<SkewDifference> _differences = [];
    private readonly Dictionary<SkewVerdict, long> _counts = [];
    private readonly Dictionary<(SkewSink Sink, string View, SkewOmissionReason Reason), long> _omissions = [];
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

        foreach (var ((sink, _, reason), count) in _omissions)
        {
            SkewMetrics.NotCompared.Add(count, [.. sink.Tags, new("reason", EnumTerms<SkewOmissionReason>.Of(reason))]);
        }

        return new SkewReport(_rows, _dropped, _values, _counts, [.. _differences.OrderBy(d => !IsSkew(d.Verdict)).Take(KeptDifferences)])
        {
            NotCompared = [.. _omissions.Select(entry => new SkewOmission(entry.Key.Sink.Model.Manifest.Name, entry.Key.Sink.Model.Manifest.Version, entry.Key.View, entry.Key.Reason, entry.Value))],
        };
    }

    private static bool IsSkew(SkewVerdict verdict) => verdict is SkewVerdict.DifferentValue or SkewVerdict.NotRepeatable;

    private async Task CheckAsync(SkewSink sink, SkewSamples samples, CancellationToken cancellationToken)
    {
        var service = sink.Service;
        var rows = Enumerable.Range(0, samples.Count).Select(row => new LeakageRow(row, samples.FactsOf(row).Time, [.. samples.KeyOf(row).ToArray().Select(Stored)], [])).ToList();
        _rows += rows.Count;
        SkewMetrics.Checked.Add(rows.Count, sink.Tags);
        var inputs = new SkewInputs(service);
        foreach (var view in service.Views.Where(v => v.View is not null))
        {
            var history = await ReadHistoryAsync(view, rows, cancellationToken).ConfigureAwait(false);
            foreach (var row in rows)
            {
                var known = history.Of(row, view);
                var expected = BruteForce.Answer(known, row.Time, view.View!.TimeToLiveMicroseconds, JoinMode.CreatedTime, view.Columns.Count);
                var served = ServedAnswer.Read(samples.Rows, (int)row.Number, view, service.Description.Layout);
                _values += view.Columns.Count;
                var verdict = served.Equals(expected) ? default(SkewVerdict?) : await ReportAsync(sink, samples, (int)row.Number, view, served, expected, known).ConfigureAwait(false);
                inputs.Add((int)row.Number, view, served, expected, verdict);
            }
        }

        foreach (var view in service.Views.Where(v => v.OnDemand is not null))
        {
            CheckOnDemand(sink, samples, view, inputs);
        }
    }

    /// <summary>Computes on-demand features as a training set would have them: by the view's method, from the columns of the request and the stored features that the offline store gives.</summary>
    private void CheckOnDemand(SkewSink sink, SkewSamples samples, FeatureServiceView view, SkewInputs inputs)
    {
        var (requestType, transform) = (view.OnDemand!.RequestType, view.OnDemand.CreateTransform());
        var requests = samples.RequestsOf(requestType);
        for (var row = 0; row < samples.Count; row++)
        {
            if (samples.StateOf(row, requestType) is var state && state != RequestState.Kept)
            {
                Omit(sink, view, state == RequestState.Unfit ? SkewOmissionReason.UnfitRequest : SkewOmissionReason.NoRequest);
            }
            else if (TryCompute(transform, view, requests.ColumnsOf(row), inputs.Of(row, view, isServed: false)) is { } expected)
            {
                _values += view.Columns.Count;
                var served = ServedAnswer.Read(samples.Rows, row, view, sink.Service.Description.Layout);
                if (!served.Equals(expected))
                {
                    // What was served follows from what was served of the stored features, which differ for a reason of their own; or it does not.
                    var verdict = inputs.VerdictOf(row, view) is { } reason && TryCompute(transform, view, requests.ColumnsOf(row), inputs.Of(row, view, isServed: true)) is { } again && served.Equals(again)
                        ? reason
                        : SkewVerdict.NotRepeatable;
                    AddDifferences(sink, samples, row, view, served, expected, verdict);
                }
            }
            else
            {
                Omit(sink, view, SkewOmissionReason.MethodFailed);
            }
        }
    }

    private static ViewAnswer? TryCompute(OnDemandTransform transform, FeatureServiceView view, IReadOnlyList<IArrowArray> request, IReadOnlyList<InputColumn> inputs)
    {
        try
        {
            var computed = transform.Compute(request, inputs, 1);
            return new ViewAnswer(FeatureStatus.Present, null, [.. view.Columns.Select(column => LeakageSample.Bits(computed[column.FieldIndex], 0))]);
        }
        catch (Exception)
        {
            // The user's method may throw anything; the report says that it did.
            return null;
        }
    }

    private void Omit(SkewSink sink, FeatureServiceView view, SkewOmissionReason reason)
        => CollectionsMarshal.GetValueRefOrAddDefault(_omissions, (sink, view.Name, reason), out _) += view.Columns.Count;

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

    private async Task<SkewVerdict> ReportAsync(
        SkewSink sink, SkewSamples samples, int row, FeatureServiceView view, ServedAnswer served, ViewAnswer expected, IReadOnlyList<HistoryRow> known)
    {
        var (_, time, requestTime) = samples.FactsOf(row);
        var now = ServedAnswer.Read(await readNow(sink.Service, samples.KeyOf(row).ToArray()).ConfigureAwait(false), 0, view, sink.Service.Description.Layout);
        var verdict = SkewVerdicts.Of(served, now, known, time, requestTime);
        AddDifferences(sink, samples, row, view, served, expected, verdict);
        return verdict;
    }

    private void AddDifferences(SkewSink sink, SkewSamples samples, int row, FeatureServiceView view, ServedAnswer served, in ViewAnswer expected, SkewVerdict verdict)
    {
        for (var i = 0; i < view.Columns.Count; i++)
        {
            if (served.HasSame(i, expected))
            {
                continue;
            }

            CollectionsMarshal.GetValueRefOrAddDefault(_counts, verdict, out _)++;
            SkewMetrics.Differences.Add(1, [.. sink.Tags, new("verdict", EnumTerms<SkewVerdict>.Of(verdict))]);
            if (_differences.Count < KeptDifferences || IsSkew(verdict))
            {
                var (id, time, _) = samples.FactsOf(row);
                var column = sink.Service.Description.Layout.Columns[view.Columns[i].ColumnIndex];
                _differences.Add(new SkewDifference(
                    sink.Model.Manifest.Name,
                    sink.Model.Manifest.Version,
                    id,
                    Microseconds.ToDateTimeOffset(time),
                    samples.KeyOf(row).ToArray(),
                    view.Name,
                    column.Name,
                    served.Of(i, column),
                    ServedAnswer.From(expected).Of(i, column),
                    verdict));
            }
        }
    }

    /// <summary>The form of a key part in the offline store.</summary>
    private static EntityValue Stored(EntityValue value) => value.Kind == EntityValueKind.Guid ? value.AsGuid().ToString("D") : value;
}
