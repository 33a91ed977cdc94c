using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Export;

/// <summary>Saves a model: readers see all of it or nothing, and what was reported as saved survives a power loss.</summary>
/// <param name="disk">Where durability comes from.</param>
/// <param name="create">Opens a new file for writing.</param>
internal sealed class ModelFile(IDiskSync disk, Func<string, Stream> create)
{
    private const int HashLength = 16;
    private const string WeightsSuffix = ".weights";
    private const string What = "model";

    private readonly SavedFile _files = new(disk, create);

    /// <summary>Files of the operating system.</summary>
    public static ModelFile Default { get; } = new(DiskSync.Instance, path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None));

    /// <summary>Saves a model with a seal (<see cref="ModelFileSeal"/>).</summary>
    /// <param name="onnx">Bytes of the ONNX file, with all its weights.</param>
    /// <param name="path">Path of the file; its folder exists.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Looked at before anything gets its name.</param>
    /// <exception cref="FileWriteException">The folder is missing or may not be written, the path is taken, or the disk is full or failed.</exception>
    public void Save(ReadOnlyMemory<byte> onnx, string path, ModelFileOptions options, CancellationToken cancellationToken)
    {
        var full = SavedFile.FullPath(path);
        SavedFile.ThrowIfTaken(full, What, options.Overwrite);
        var (graph, weights) = options.ExternalDataThreshold is { } threshold ? Split(onnx, threshold) : (onnx, null);
        string? added = null;
        try
        {
            if (weights is { } data)
            {
                var beside = Path.Combine(Path.GetDirectoryName(full)!, data.Name);
                added = _files.Write(beside, full, What, mayExist: true, stream => stream.Write(data.Content.Span), cancellationToken) ? beside : null;
            }

            if (!_files.Write(full, full, What, options.Overwrite, WriteSealed, cancellationToken) && !options.Overwrite)
            {
                SavedFile.ThrowIfTaken(full, What, overwrite: false);
            }
        }
        catch
        {
            if (added is not null)
            {
                SavedFile.DeleteQuietly(added);
            }

            throw;
        }

        void WriteSealed(Stream stream)
        {
            stream.Write(graph.Span);
            stream.Write(ModelFileSeal.Of(graph.Span));
        }
    }

    /// <summary>Name of the file that holds weights.</summary>
    /// <param name="content">Its content.</param>
    public static string WeightsNameOf(ReadOnlySpan<byte> content) => ContentHash.Of(content)[..HashLength] + WeightsSuffix;

    /// <summary>Whether a file has the form of such a name.</summary>
    /// <param name="name">Its name.</param>
    public static bool IsNamedByContent(string name)
        => name.Length == HashLength + WeightsSuffix.Length && name.EndsWith(WeightsSuffix, StringComparison.Ordinal) && name.Take(HashLength).All(char.IsAsciiHexDigitLower);

    // The name is that of the content, so a file that has it already is the same one or a damaged one, which is replaced.
    private static (ReadOnlyMemory<byte> Graph, (string Name, ReadOnlyMemory<byte> Content)? Weights) Split(ReadOnlyMemory<byte> onnx, int threshold)
    {
        var (_, ranges) = OnnxWeightExtractor.Extract(onnx.Span, "weights", threshold);
        if (ranges.Count == 0)
        {
            return (onnx, null);
        }

        var content = new byte[checked((int)(ranges[^1].Target + ranges[^1].Length))];
        foreach (var range in ranges)
        {
            onnx.Span.Slice(range.Source, range.Length).CopyTo(content.AsSpan((int)range.Target));
        }

        var name = WeightsNameOf(content);
        return (OnnxWeightExtractor.Extract(onnx.Span, name, threshold).Onnx, (name, content));
    }
}
