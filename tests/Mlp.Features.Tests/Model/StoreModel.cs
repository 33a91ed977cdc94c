using System.Globalization;
using Mlp.CrashChild.Steps;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Model;

/// <summary>What a feature store must hold after a history of steps: lists of rows, and brute force over them by the rules of time.</summary>
internal sealed class StoreModel
{
    private readonly List<ModelRow> _rows;
    private long _order;

    /// <summary>An empty store.</summary>
    /// <param name="now">Microseconds.</param>
    internal StoreModel(long now)
    {
        _rows = [];
        Now = now;
    }

    private StoreModel(StoreModel other)
    {
        _rows = [.. other._rows];
        _order = other._order;
        Now = other.Now;
        IsEvolved = other.IsEvolved;
    }

    internal long Now { get; private set; }

    internal bool IsEvolved { get; private set; }

    internal StoreModel Copy() => new(this);

    /// <summary>Does a step.</summary>
    internal void Apply(StoreStep step)
    {
        Now += step.Duration;
        var view = step.ViewOf(IsEvolved);
        switch (step.Kind)
        {
            case StoreStepKind.Push or StoreStepKind.PushMany:
                Add(step, isOnline: step.Target != PushTarget.Offline, isOffline: step.Target != PushTarget.Online);
                break;
            case StoreStepKind.Ingest:
                Add(step, isOnline: false, isOffline: true);
                break;
            case StoreStepKind.Materialize:
                Bring(view, long.MinValue, long.MaxValue, step.AsOf(Now));
                break;
            case StoreStepKind.MaterializeRange:
                var (from, to) = step.RangeOf(Now);
                Bring(view, from, to, Now);
                break;
            case StoreStepKind.DeleteEntity:
                _rows.RemoveAll(row => row.Row.View != StoreView.Pair && row.Row.Id == step.Entity);
                break;
            case StoreStepKind.DeleteByKeyName:
                _rows.RemoveAll(row => row.Row.Id == step.Entity);
                break;
            case StoreStepKind.ClearOnline:
                Change(row => row.Row.View == view && row.IsOnline, row => row with { IsOnline = false });
                break;
            case StoreStepKind.Evolve:
                IsEvolved = true;
                Adopt();
                break;
            case StoreStepKind.Reopen or StoreStepKind.Kill:
                Open();
                break;
        }
    }

    /// <summary>The store is opened.</summary>
    internal void Open()
    {
        if (IsEvolved)
        {
            Adopt();
        }
    }

    /// <summary>The row that is served for an entity at a time.</summary>
    /// <returns>Null for none; expired ones too.</returns>
    internal StoreRow? FindServed(StoreView view, long? id, string? name, long asOf)
    {
        ModelRow? best = null;
        foreach (var row in _rows.Where(row => row.IsOnline && row.Row.View == view && row.HasEntity && row.Row.Id == id && row.Row.Name == name))
        {
            if (Visibility.IsVisible(row.Row.EventTime, asOf) && Visibility.IsVisible(row.Row.CreatedTime, asOf) && (best is null || Visibility.Supersedes(row.Version, best.Version)))
            {
                best = row;
            }
        }

        return best?.Row;
    }

    /// <summary>The offline rows of a view that no later ones replaced, in any order.</summary>
    internal IEnumerable<StoreRow> OfflineRows(StoreView view)
    {
        var rows = _rows.Where(row => row.IsOffline && row.Row.View == view).ToLookup(row => row.HasEntity);
        return rows[true].GroupBy(row => (row.Row.Id, row.Row.Name, row.Row.EventTime, row.Row.CreatedTime)).Select(group => group.MaxBy(row => row.Order)!.Row).Concat(rows[false].Select(row => row.Row));
    }

    public override string ToString() => string.Join('\n', _rows.Select(row => row.ToString()));

    private void Add(StoreStep step, bool isOnline, bool isOffline)
        => _rows.AddRange(step.RowsOf(IsEvolved, Now).Select(row => new ModelRow(row, _order++, isOnline, isOffline, IsAdopted: false)));

    private void Bring(StoreView view, long from, long to, long asOf)
        => Change(
            row => row.Row.View == view && row.IsOffline && row.Row.EventTime >= from && row.Row.EventTime < to
                && Visibility.IsVisible(row.Row.EventTime, asOf) && Visibility.IsVisible(row.Row.CreatedTime, asOf),
            row => row with { IsOnline = true });

    private void Adopt()
    {
        var adopted = _rows.Where(row => row.Row.View == StoreView.First && row.IsOffline && !row.IsAdopted)
            .Select(row => row with { Row = row.Row with { View = StoreView.Second, Extra = null }, IsOnline = false }).ToList();
        Change(row => row.Row.View == StoreView.First && row.IsOffline, row => row with { IsAdopted = true });
        _rows.AddRange(adopted);
    }

    private void Change(Predicate<ModelRow> condition, Func<ModelRow, ModelRow> change)
    {
        for (var i = 0; i < _rows.Count; i++)
        {
            _rows[i] = condition(_rows[i]) ? change(_rows[i]) : _rows[i];
        }
    }

    /// <param name="Row">The row.</param>
    /// <param name="Order">The order of arrival; a row that the second version took over keeps that of the first.</param>
    /// <param name="IsOnline">Whether it was brought online.</param>
    /// <param name="IsOffline">Whether it is offline, or will be when pushed rows are written there.</param>
    /// <param name="IsAdopted">Whether the second version has it.</param>
    private sealed record ModelRow(StoreRow Row, long Order, bool IsOnline, bool IsOffline, bool IsAdopted)
    {
        internal RowVersion Version => new(Row.EventTime, Row.CreatedTime, Order);

        internal bool HasEntity => Row.Id is not null && (Row.View != StoreView.Pair || Row.Name is not null);

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Order}{(IsOnline ? " online" : string.Empty)}{(IsOffline ? " offline" : string.Empty)} {Row}");
    }
}
