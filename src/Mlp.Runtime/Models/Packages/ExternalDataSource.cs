using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Models.Packages;

/// <summary>The external data of a model that is to be published: which files it is, and that every tensor lies within one.</summary>
internal static class ExternalDataSource
{
    /// <summary>The files that an ONNX file refers to, each once, in ordinal order.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="tensors">The tensors that lie outside.</param>
    /// <exception cref="InvalidModelException">A location is no path within the model's folder, or two cannot stand beside each other.</exception>
    public static IReadOnlyList<string> Locations(string model, IReadOnlyList<OnnxExternalTensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (ExternalDataLocation.FindProblem(tensor.Location) is { } problem)
            {
                throw Error(model, $"Expected the external data of tensor '{tensor.Name}' at a path within the model's folder, but {problem}");
            }
        }

        string[] locations = [.. tensors.Select(t => t.Location).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return ExternalDataLocation.FindConflict(locations) is { } conflict
            ? throw Error(model, $"Expected each file of external data to have a path of its own, but {conflict}")
            : locations;
    }

    /// <summary>Finds a file in a folder, without following links: what a link points at is not what is in the folder.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="directory">The folder.</param>
    /// <param name="location">A location that <see cref="Locations"/> has passed.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="InvalidModelException">It is missing or is no file, or a link stands in its path.</exception>
    public static string Find(string model, string directory, string location)
    {
        var path = Path.GetFullPath(directory);
        var segments = location.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            path = Path.Combine(path, segments[i]);
            var entry = new FileInfo(path);
            if (entry.LinkTarget is not null || (Path.Exists(path) && entry.Attributes.HasFlag(FileAttributes.ReparsePoint)))
            {
                throw Error(model, $"Expected the external data '{location}' without symbolic links in its path, but '{segments[i]}' is one");
            }

            if (i == segments.Length - 1 && !File.Exists(path))
            {
                throw Error(model, $"Expected the external data '{location}' in '{directory}', but found no such file");
            }
        }

        return path;
    }

    /// <summary>Checks that every tensor lies within its file.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="tensors">The tensors that lie outside.</param>
    /// <param name="files">The files.</param>
    /// <exception cref="InvalidModelException">One does not.</exception>
    public static void RequireWithin(string model, IReadOnlyList<OnnxExternalTensor> tensors, IReadOnlyList<ExternalDataFile> files)
    {
        var sizes = files.ToDictionary(f => f.Path, f => f.ByteCount, StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            var size = sizes[tensor.Location];
            var length = tensor.Length ?? 0;
            if (tensor.Offset > size || length > size - tensor.Offset)
            {
                throw Error(
                    model,
                    FormattableString.Invariant(
                        $"Expected tensor '{tensor.Name}' within the external data '{tensor.Location}' of {size} bytes, but found offset {tensor.Offset} and length {length}"));
            }
        }
    }

    private static InvalidModelException Error(string model, string sentence) => new(model, $"{sentence} (model '{model}').");
}
