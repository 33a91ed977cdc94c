using System.Globalization;
using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Definitions;

/// <summary>
/// The definitions that a data directory was used with, one file each: <c>features/definitions/name/v1.json</c>. A stored definition never changes.
/// Safe for many threads and processes.
/// </summary>
internal sealed class DefinitionStore
{
    private readonly string _root;
    private readonly IDiskSync _disk;

    /// <summary>Opens the store of a data directory. Nothing is created yet.</summary>
    /// <param name="directory">The data directory.</param>
    public DefinitionStore(DataDirectory directory)
        : this(Path.Combine((directory ?? throw new ArgumentNullException(nameof(directory))).Features, "definitions"), DiskSync.Instance)
    {
    }

    internal DefinitionStore(string root, IDiskSync disk)
    {
        _root = root;
        _disk = disk;
    }

    /// <summary>Stores every definition that is not stored yet, and checks every one that is.</summary>
    /// <param name="catalog">The definitions of the application.</param>
    /// <exception cref="DefinitionConflictException">A definition differs from the stored one of the same name and version.</exception>
    /// <exception cref="CorruptFileException">A stored definition cannot be read.</exception>
    public void Save(FeatureCatalog catalog)
    {
        foreach (var document in Documents(catalog))
        {
            Save(document);
        }
    }

    /// <summary>Checks every definition that is stored and writes nothing, for a process that only reads.</summary>
    /// <param name="catalog">The definitions of the application.</param>
    /// <exception cref="DefinitionConflictException">A definition differs from the stored one of the same name and version.</exception>
    /// <exception cref="CorruptFileException">A stored definition cannot be read.</exception>
    public void Check(FeatureCatalog catalog)
    {
        foreach (var document in Documents(catalog))
        {
            if (PathOf(document.Name, document.Version) is var path && File.Exists(path))
            {
                Compare(path, document);
            }
        }
    }

    /// <summary>Reads a stored view, for a schema known only at run time.</summary>
    /// <param name="name">View name.</param>
    /// <param name="version">View version.</param>
    /// <returns>The view, or null if none is stored.</returns>
    /// <exception cref="CorruptFileException">The stored definition cannot be read.</exception>
    public FeatureViewDefinition? FindView(string name, int version)
    {
        DefinitionNames.CheckDefinition("feature view", name, version);
        var path = PathOf(name, version);
        if (!File.Exists(path))
        {
            return null;
        }

        var document = Read(path);
        try
        {
            return document.Kind == DefinitionDocument.FeatureViewKind ? new FeatureViewDefinition(document) : null;
        }
        catch (FeatureDefinitionException error)
        {
            throw new CorruptFileException(path, $"Expected a whole feature view in '{path}', but it is none: {error.Message}", innerException: error);
        }
    }

    /// <summary>All stored views, every version.</summary>
    /// <exception cref="CorruptFileException">A stored definition cannot be read.</exception>
    internal IEnumerable<FeatureViewDefinition> Views()
    {
        if (!Directory.Exists(_root))
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateFiles(_root, "v*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(Path.GetDirectoryName(path)!);
            if (int.TryParse(Path.GetFileNameWithoutExtension(path.AsSpan())[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var version) && FindView(name, version) is { } view)
            {
                yield return view;
            }
        }
    }

    internal string FolderOf(string name) => Path.Combine(_root, name);

    internal string PathOf(string name, int version) => Path.Combine(FolderOf(name), string.Create(CultureInfo.InvariantCulture, $"v{version}.json"));

    private static IEnumerable<DefinitionDocument> Documents(FeatureCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return catalog.Views.Select(v => v.Document)
            .Concat(catalog.OnDemandViews.Select(v => v.Document))
            .Concat(catalog.Services.Select(s => s.Document));
    }

    private void Save(DefinitionDocument document)
    {
        var path = PathOf(document.Name, document.Version);
        if (!File.Exists(path))
        {
            DurableFile.CreateDirectories(_disk, FolderOf(document.Name));
            if (DurableFile.WriteExclusive(_disk, path, JsonSerializer.SerializeToUtf8Bytes(document, DefinitionJson.Default.DefinitionDocument)))
            {
                return;
            }
        }

        Compare(path, document);
    }

    private static void Compare(string path, DefinitionDocument document)
    {
        var stored = Read(path);
        if (stored.Fingerprint != document.Fingerprint)
        {
            throw new DefinitionConflictException(document.Name, document.Version, path, DefinitionDifferences.Between(stored, document));
        }
    }

    private static DefinitionDocument Read(string path)
    {
        var document = VersionedJson.Read(File.ReadAllBytes(path), path, DefinitionDocument.FormatValue, DefinitionDocument.CurrentFormatVersion, DefinitionJson.Default.DefinitionDocument);
        return document.ComputeFingerprint() == document.Fingerprint
            ? document
            : throw new CorruptFileException(path, $"Expected the definition in '{path}' to have the fingerprint it states, but it was changed after it was written.");
    }
}
