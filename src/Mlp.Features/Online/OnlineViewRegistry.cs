using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>Gives every version of a view a number that never changes, in one small file. For the one owner of the data directory; thread-safe.</summary>
internal sealed class OnlineViewRegistry
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly IDiskSync _disk;
    private readonly List<OnlineViewEntry> _entries;

    /// <summary>Opens the registry.</summary>
    /// <param name="path">Path of the file; its directory exists.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <exception cref="CorruptFileException">The file cannot be read.</exception>
    internal OnlineViewRegistry(string path, IDiskSync disk)
    {
        _path = path;
        _disk = disk;
        _entries = [.. Load(path)];
    }

    /// <summary>Path of the file.</summary>
    internal string Path => _path;

    /// <summary>The number of a view, which is new if the view is.</summary>
    /// <param name="name">View name.</param>
    /// <param name="version">View version.</param>
    /// <param name="fingerprint">Fingerprint of the definition.</param>
    /// <returns>The number, on the device.</returns>
    internal uint GetOrAdd(string name, int version, string fingerprint)
    {
        lock (_gate)
        {
            foreach (var entry in _entries)
            {
                if (entry.Name == name && entry.Version == version && entry.Fingerprint == fingerprint)
                {
                    return entry.Id;
                }
            }

            var added = new OnlineViewEntry((uint)_entries.Count + 1, name, version, fingerprint);
            var document = new OnlineViewDocument(OnlineViewDocument.MagicValue, OnlineViewDocument.CurrentFormatVersion, [.. _entries, added]);
            DurableFile.Replace(_disk, _path, JsonSerializer.SerializeToUtf8Bytes(document, OnlineJson.Default.OnlineViewDocument));
            _entries.Add(added);
            return added.Id;
        }
    }

    /// <summary>What a number stands for.</summary>
    /// <param name="id">The number.</param>
    /// <returns>The entry, or null if the number was never given.</returns>
    internal OnlineViewEntry? Find(uint id)
    {
        lock (_gate)
        {
            return id >= 1 && id <= _entries.Count ? _entries[(int)id - 1] : null;
        }
    }

    private static IReadOnlyList<OnlineViewEntry> Load(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        var document = StoredDocument.Read(
            path, File.ReadAllBytes(path), OnlineViewDocument.MagicValue, OnlineViewDocument.CurrentFormatVersion, OnlineJson.Default.OnlineViewDocument, "the views of the online store");
        for (var i = 0; i < document.Views.Count; i++)
        {
            if (document.Views[i] is not { Fingerprint.Length: 64 })
            {
                throw new CorruptFileException(path, $"Expected name, version and fingerprint of every view in '{path}', but found something else at position {i + 1}.");
            }

            if (document.Views[i].Id != i + 1)
            {
                throw new CorruptFileException(path, $"Expected the views in '{path}' to be numbered from 1, but found number {document.Views[i].Id} at position {i + 1}.");
            }
        }

        return document.Views;
    }
}
