using Mlp.Features.Definitions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Features.Skew;

/// <summary>Served rows, and the requests that came with them, in memory that was allocated at once. Not thread-safe.</summary>
internal sealed class SkewSamples
{
    internal const int TextBytesPerRow = 256;

    private readonly int _width;
    private readonly EntityValue[] _keys;
    private readonly (PredictionId Id, long Time, long RequestTime)[] _facts;
    private readonly RequestSamples[] _requests;
    private readonly RequestState[] _states;
    private readonly int _textBytes;
    private int _usedTextBytes;

    internal SkewSamples(FeatureServiceDefinition service, int capacity)
    {
        var layout = service.Description.Layout;
        _width = service.Description.Keys.Count;
        _keys = new EntityValue[_width * capacity];
        _facts = new (PredictionId, long, long)[capacity];
        _requests = [.. service.Views.Where(view => view.OnDemand is not null).Select(view => view.OnDemand!).DistinctBy(view => view.RequestType).Select(view => view.CreateRequestSamples(capacity))];
        _states = new RequestState[_requests.Length * capacity];
        _textBytes = TextBytesPerRow * capacity;
        Rows = CreateRows(layout, capacity);
        Clear();
    }

    internal FeatureRows Rows { get; }

    internal int Count { get; private set; }

    internal ReadOnlySpan<EntityValue> KeyOf(int row) => _keys.AsSpan(row * _width, _width);

    internal (PredictionId Id, long Time, long RequestTime) FactsOf(int row) => _facts[row];

    /// <summary>The requests of a type that on-demand views of the service compute from.</summary>
    internal RequestSamples RequestsOf(Type requestType) => _requests[IndexOf(requestType)];

    /// <summary>What became of the request of a row, for the views that compute from a type.</summary>
    internal RequestState StateOf(int row, Type requestType) => _states[(row * _requests.Length) + IndexOf(requestType)];

    /// <summary>Copies a row; false when there is no room.</summary>
    internal bool TryAdd(in PredictionRecord record)
    {
        var texts = 0;
        for (var ordinal = 0; ordinal < Rows.Layout.WidthOf(FeatureType.String); ordinal++)
        {
            texts += record.Features.StringOf(ordinal).Length;
        }

        if (Count == _facts.Length || _usedTextBytes + texts > _textBytes || record.Keys.Length != _width || !TryKeepRequest(record.Request))
        {
            return false;
        }

        FeatureRowCopy.CopyRow(record.Features, Rows, Count);
        record.Keys.CopyTo(_keys.AsSpan(Count * _width));
        _facts[Count] = (record.Id, record.EventTime, record.RequestTime);
        _usedTextBytes += texts;
        Count++;
        return true;
    }

    internal void Clear()
    {
        Rows.Restart(_facts.Length);
        System.Array.Clear(_keys);
        foreach (var requests in _requests)
        {
            requests.Clear();
        }

        (Count, _usedTextBytes) = (0, 0);
    }

    /// <summary>Rows whose room for texts is made before the first is kept, and never grows.</summary>
    internal static FeatureRows CreateRows(FeatureRowLayout layout, int capacity)
    {
        var rows = new FeatureRows(layout, capacity);
        rows.Restart(capacity);
        if (layout.WidthOf(FeatureType.String) > 0)
        {
            rows.SetString(0, 0, new byte[TextBytesPerRow * capacity]);
        }

        return rows;
    }

    private bool TryKeepRequest(KeptRequest? request)
    {
        var states = _states.AsSpan(Count * _requests.Length, _requests.Length);
        for (var i = 0; i < _requests.Length; i++)
        {
            states[i] = request is null ? RequestState.Absent : _requests[i].Keep(request, Count);
            if (states[i] == RequestState.NoRoom)
            {
                return false;
            }
        }

        return true;
    }

    private int IndexOf(Type requestType) => System.Array.FindIndex(_requests, requests => requests.RequestType == requestType);
}
