using System.Collections.Frozen;
using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>Gives every version of a view a number, in one small file. A number always means the same view; a view that is cleared gets another. For the one owner of the data directory; thread-safe.</summary>
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
            return FindLast(new OnlineViewEntry(0, name, version, fingerprint)) ?? Add(name, version, fingerprint);
        }
    }

    /// <summary>Gives a view another number, so that what is kept under the ones before is never found again.</summary>
    /// <param name="id">A number of the view.</param>
    /// <returns>The new number, on the device.</returns>
    internal uint Renew(uint id)
    {
        lock (_gate)
        {
            var entry = _entries[(int)id - 1];
            return Add(entry.Name, entry.Version, entry.Fingerprint);
        }
    }

    /// <summary>The newest number of a view.</summary>
    /// <param name="id">A number of the view, or one that was never given.</param>
    /// <returns>The newest number; the same if it was never given.</returns>
    internal uint CurrentOf(uint id)
    {
        lock (_gate)
        {
            return id >= 1 && id <= _entries.Count ? FindLast(_entries[(int)id - 1])!.Value : id;
        }
    }

    /// <summary>The numbers that views had before they were cleared.</summary>
    internal FrozenSet<uint> Retired()
    {
        lock (_gate)
        {
            return _entries.Where(entry => FindLast(entry) != entry.Id).Select(entry => entry.Id).ToFrozenSet();
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

    /// <summary>All entries, by number.</summary>
    internal IReadOnlyList<OnlineViewEntry> Snapshot()
    {
        lock (_gate)
        {
            return [.. _entries];
        }
    }

    /// <summary>Checks that a number stands for a view that other files name with it.</summary>
    /// <param name="expected">What the other file says.</param>
    /// <param name="source">The other file, for the message.</param>
    /// <exception cref="CorruptFileException">The number stands for nothing or for another view: giving numbers again would bring rows of one view under another.</exception>
    internal void Check(OnlineViewEntry expected, string source)
    {
        if (Find(expected.Id) is var found && found != expected)
        {
            throw new CorruptFileException(
                _path,
                $"Expected '{_path}' to have {Describe(expected)} as '{source}' does, but found {(found is null ? "no such number" : Describe(found))}. Restore the file, or delete the folder '{System.IO.Path.GetDirectoryName(_path)}' and materialize again.");
        }

        // Cut short only where that tells the two apart.
        string Fingerprint(OnlineViewEntry entry)
            => Find(expected.Id) is { } other && Short(other) == Short(expected) && other.Fingerprint != expected.Fingerprint ? entry.Fingerprint : Short(entry);

        string Describe(OnlineViewEntry entry) => $"feature view '{entry.Name}' version {entry.Version} with fingerprint {Fingerprint(entry)} under number {entry.Id}";

        static string Short(OnlineViewEntry entry) => entry.Fingerprint[..Math.Min(8, entry.Fingerprint.Length)];
    }

    /// <summary>Checks that a number stands for a view, and for the one whose definition wrote a row.</summary>
    /// <param name="id">The number.</param>
    /// <param name="definitionId">Short id of the definition; null when no row says it.</param>
    /// <param name="source">The file that has the number, for the message.</param>
    /// <exception cref="CorruptFileException">The number stands for nothing or for another view.</exception>
    internal void Check(uint id, uint? definitionId, string source)
    {
        var found = Find(id);
        if (found is null || (definitionId is { } expected && OnlineView.DefinitionIdOf(found.Fingerprint) != expected))
        {
            throw new CorruptFileException(
                _path,
                $"Expected '{_path}' to name the view with number {id}{(definitionId is null ? string.Empty : $" and a fingerprint that starts with {definitionId:x8}")}, of which '{source}' has rows, but found {(found is null ? "no such number" : $"the fingerprint {found.Fingerprint[..8]}")}. Restore the file, or delete the folder '{System.IO.Path.GetDirectoryName(_path)}' and materialize again.");
        }
    }

    private uint? FindLast(OnlineViewEntry view) => _entries.FindLast(entry => entry with { Id = view.Id } == view)?.Id;

    private uint Add(string name, int version, string fingerprint)
    {
        var added = new OnlineViewEntry((uint)_entries.Count + 1, name, version, fingerprint);
        var document = new OnlineViewDocument(OnlineViewDocument.FormatValue, VersionedJson.FirstVersion, [.. _entries, added]);
        DurableFile.Replace(_disk, _path, DocumentSeal.Add(JsonSerializer.SerializeToUtf8Bytes(document, OnlineJson.Default.OnlineViewDocument)));
        _entries.Add(added);
        return added.Id;
    }

    private static IReadOnlyList<OnlineViewEntry> Load(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        var document = VersionedJson.Read(File.ReadAllBytes(path), path, OnlineViewDocument.FormatValue, OnlineViewDocument.CurrentFormatVersion, OnlineJson.Default.OnlineViewDocument);
        for (var i = 0; i < document.Views.Count; i++)
        {
            if (document.Views[i] is not { Fingerprint.Length: 64 } view || !view.Fingerprint.All(char.IsAsciiHexDigitLower))
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
