using System.Collections.Concurrent;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Labels;

/// <summary>Refuses labels by entity whose key no logged prediction of their model can have. Where no version of a model is known yet, nothing is refused. Thread-safe.</summary>
/// <param name="reader">Reads which keys were logged.</param>
/// <param name="keysInService">The parts of the keys of a model's versions in service.</param>
internal sealed class LabelKeyCheck(PredictionLogReader reader, Func<string, IEnumerable<IReadOnlyList<KeyColumn>>> keysInService)
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<KeyColumn>> _fitting = new(StringComparer.Ordinal);

    /// <summary>Checks the key of a label.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="key">The entity key.</param>
    /// <exception cref="ArgumentException">It has other parts than the model's key, or the model has none.</exception>
    public void Require(string model, ReadOnlySpan<EntityValue> key)
    {
        if (_fitting.TryGetValue(model, out var known) && Fits(known, key))
        {
            return;
        }

        IReadOnlyList<KeyColumn>? expected = null;
        foreach (var keys in KeysOf(model))
        {
            if (keys is null)
            {
                // A file that cannot be read may have the key, and is told of elsewhere.
                return;
            }

            if (Fits(keys, key))
            {
                _fitting[model] = keys;
                return;
            }

            expected ??= keys;
        }

        if (expected is not null)
        {
            throw new ArgumentException(Problem(model, expected, key));
        }
    }

    private static bool Fits(IReadOnlyList<KeyColumn> keys, ReadOnlySpan<EntityValue> key)
    {
        if (keys.Count != key.Length)
        {
            return false;
        }

        for (var i = 0; i < key.Length; i++)
        {
            if (key[i].Kind != keys[i].Kind && key[i].Kind != EntityValueKind.Null)
            {
                return false;
            }
        }

        return true;
    }

    private static string Problem(string model, IReadOnlyList<KeyColumn> keys, ReadOnlySpan<EntityValue> key)
    {
        if (keys.Count == 0)
        {
            return $"Expected a label of model '{model}' to name its prediction by id, since the model has no entity key, but it names an entity.";
        }

        var kinds = new List<string>(key.Length);
        foreach (ref readonly var part in key)
        {
            kinds.Add($"{part.Kind}");
        }

        return $"Expected an entity key of {string.Join(", ", keys.Select(k => $"{k.Kind} '{k.Name}'"))} for a label of model '{model}', but found {string.Join(", ", kinds)}.";
    }

    /// <summary>The keys of the versions in service, then of the log, those of its newest part first; null for a part that cannot be read.</summary>
    private IEnumerable<IReadOnlyList<KeyColumn>?> KeysOf(string model)
    {
        foreach (var keys in keysInService(model))
        {
            yield return keys;
        }

        foreach (var file in reader.ListFiles(model).Reverse())
        {
            if (!TryReadKeys(file, out var keys))
            {
                yield return null;
            }
            else if (keys is not null)
            {
                yield return keys;
            }
        }
    }

    /// <summary>The keys of a part of the log; null where it was deleted meanwhile.</summary>
    private bool TryReadKeys(LogFile file, out IReadOnlyList<KeyColumn>? keys)
    {
        try
        {
            keys = reader.ReadHeader(file)?.Keys;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MlPlatformException)
        {
            keys = null;
            return false;
        }
    }
}
