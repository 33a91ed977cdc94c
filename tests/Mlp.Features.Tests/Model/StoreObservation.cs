using System.Globalization;
using System.Text;
using Mlp.CrashChild.Steps;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Model;

/// <summary>What can be seen of a feature store and of its model, as text, one line per answer or row.</summary>
internal static class StoreObservation
{
    // Now, when some rows of the future have come, and when all have.
    private static readonly long[] Delays = [0, 3 * StoreStep.Unit, 30 * StoreStep.Unit];

    private static readonly List<(long? Id, string? Name)> Pairs = [.. StoreRow.Ids.SelectMany(id => StoreRow.Names.Select(name => (id, name)))];

    /// <summary>What reads of the online store answer: of all entities at once, and of one alone.</summary>
    internal static async Task<List<string>> ReadOnlineAsync(SteppedStore store, int single)
    {
        var lines = new List<string>();
        foreach (var asOf in Delays.Select(delay => store.Now + delay))
        {
            var read = await ReadAsync(store, StoreViews.FirstService, Pairs, asOf);
            var first = Pairs.Select((pair, i) => DescribeFirst(read, i, pair, asOf)).ToList();
            var alone = await ReadAsync(store, StoreViews.FirstService, [Pairs[single % Pairs.Count]], asOf);
            Assert.Equal(first[single % Pairs.Count], DescribeFirst(alone, 0, Pairs[single % Pairs.Count], asOf));
            lines.AddRange(first);
            if (store.IsEvolved)
            {
                var entities = StoreRow.Ids.Select(id => (id, (string?)null)).ToList();
                var second = await ReadAsync(store, StoreViews.SecondService, entities, asOf);
                lines.AddRange(entities.Select((entity, i) => DescribeSecond(second, i, entity.id, asOf)));
            }
        }

        return lines;
    }

    /// <summary>What they must answer.</summary>
    internal static List<string> ExpectOnline(StoreModel model)
    {
        var lines = new List<string>();
        foreach (var asOf in Delays.Select(delay => model.Now + delay))
        {
            foreach (var (id, name) in Pairs)
            {
                var row = model.FindServed(StoreView.First, id, null, asOf);
                var pair = model.FindServed(StoreView.Pair, id, name, asOf);
                lines.Add(Line(asOf, id, name, Expect(row, asOf, r => Bits(r.Number)), Expect(row, asOf, r => r.Text), Expect(pair, asOf, r => Bits(r.Number)), TimeOf(row), TimeOf(pair)));
            }

            foreach (var id in model.IsEvolved ? StoreRow.Ids : [])
            {
                var row = model.FindServed(StoreView.Second, id, null, asOf);
                lines.Add(Line(asOf, id, null, Expect(row, asOf, r => r.Text), Expect(row, asOf, r => DoubleBits(r.Number)), Expect(row, asOf, r => r.Extra?.ToString(CultureInfo.InvariantCulture)), TimeOf(row)));
            }
        }

        return lines;
    }

    /// <summary>The rows of the offline store that no later ones replaced. What was pushed is written there first.</summary>
    internal static async Task<List<string>> ReadOfflineAsync(SteppedStore store)
    {
        await store.Store.FlushAsync();
        var lines = new List<string>();
        using var session = store.Store.Offline.OpenSession();
        foreach (var view in ViewsOf(store.IsEvolved))
        {
            var values = view switch
            {
                StoreView.First => "id, NULL, number, text, NULL",
                StoreView.Second => "id, NULL, number, label, extra",
                _ => "id, name, amount, NULL, NULL",
            };
            var rows = session.Query($"SELECT epoch_us(event_time), epoch_us(created_time), {values} FROM ({LatestRows.Of(store.Store.Offline.Open(StoreViews.DefinitionOf(view)).GetSnapshot())})");
            lines.AddRange(rows.Select(row => Line(
                view, row[0], row[1], row[2], row[3], row[4] switch { float number => Bits(number), double number => DoubleBits(number), _ => null }, row[5], row[6])));
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>The rows that must be there.</summary>
    internal static List<string> ExpectOffline(StoreModel model)
    {
        var lines = ViewsOf(model.IsEvolved).SelectMany(view => model.OfflineRows(view).Select(row => Line(
            view, row.EventTime, row.CreatedTime, row.Id, row.Name, view == StoreView.Second ? DoubleBits(row.Number) : Bits(row.Number), row.Text, row.Extra))).ToList();
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static StoreView[] ViewsOf(bool evolved) => evolved ? [StoreView.First, StoreView.Second, StoreView.Pair] : [StoreView.First, StoreView.Pair];

    private static async Task<FeatureRows> ReadAsync(SteppedStore store, string service, IReadOnlyList<(long? Id, string? Name)> entities, long asOf)
    {
        var names = store.Store.FindService(service)!.Description.Keys.Select(key => key.Name).ToList();
        var keys = entities.SelectMany(entity => names.Select(name => name == "id" ? (EntityValue)entity.Id : entity.Name)).ToArray();
        return await store.Store.ReadAsync(service, keys, Microseconds.ToDateTimeOffset(asOf));
    }

    private static string DescribeFirst(FeatureRows rows, int row, (long? Id, string? Name) entity, long asOf)
    {
        // number, text, amount
        var status = rows.StatusOf(row);
        var floats = rows.Float32Of(row);
        var times = rows.EventTimesOf(row);
        return Line(
            asOf, entity.Id, entity.Name, Found(status[0], Bits(floats[0])), Found(status[1], Encoding.UTF8.GetString(rows.StringOf(row, 0))), Found(status[2], Bits(floats[1])), TimeOf(times[0]), TimeOf(times[1]));
    }

    private static string DescribeSecond(FeatureRows rows, int row, long? id, long asOf)
    {
        // label, number, extra
        var status = rows.StatusOf(row);
        return Line(
            asOf,
            id,
            null,
            Found(status[0], Encoding.UTF8.GetString(rows.StringOf(row, 0))),
            Found(status[1], DoubleBits(rows.Float64Of(row)[0])),
            Found(status[2], rows.Int64Of(row)[0].ToString(CultureInfo.InvariantCulture)),
            TimeOf(rows.EventTimesOf(row)[0]));
    }

    private static string Expect(StoreRow? row, long asOf, Func<StoreRow, string?> value)
        => row is null ? nameof(FeatureStatus.Missing)
            : Visibility.IsExpired(row.EventTime, asOf, StoreViews.TimeToLiveOf(row.View)) ? nameof(FeatureStatus.Expired)
            : value(row) is { } found ? $"{nameof(FeatureStatus.Present)}={found}" : nameof(FeatureStatus.Null);

    private static string Found(FeatureStatus status, string? value) => status == FeatureStatus.Present ? $"{status}={value}" : status.ToString();

    private static long? TimeOf(StoreRow? row) => row?.EventTime;

    private static long? TimeOf(long time) => time == FeatureRows.NoEventTime ? null : time;

    private static string? Bits(float? value) => value is { } number ? BitConverter.SingleToUInt32Bits(number).ToString("X8", CultureInfo.InvariantCulture) : null;

    private static string? DoubleBits(double? value) => value is { } number ? BitConverter.DoubleToUInt64Bits(number).ToString("X16", CultureInfo.InvariantCulture) : null;

    private static string Line(params object?[] parts) => string.Join('|', parts.Select(part => Convert.ToString(part ?? "-", CultureInfo.InvariantCulture)));
}
