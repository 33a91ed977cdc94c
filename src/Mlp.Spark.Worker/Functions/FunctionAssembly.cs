using System.Reflection;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions;

/// <summary>An assembly of a user. Immutable and thread-safe.</summary>
internal sealed class FunctionAssembly
{
    private readonly Assembly _assembly;
    private readonly string _path;

    private FunctionAssembly(Assembly assembly, string path)
    {
        _assembly = assembly;
        _path = path;
    }

    /// <summary>Loads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="files">Finds files.</param>
    /// <exception cref="TaskException">It is missing, another, no assembly, or one that refers to another version of what the worker brings.</exception>
    public static FunctionAssembly Load(FileReference file, TaskFiles files)
    {
        var content = files.Read(file, "the assembly of a method");
        var path = files.Find(file, "the assembly of a method");
        try
        {
            var context = new FunctionLoadContext(path);

            // What was hashed is what is loaded, whatever happens to the file.
            using var bytes = new MemoryStream(content);
            var assembly = context.LoadFromStream(bytes);
            foreach (var reference in assembly.GetReferencedAssemblies())
            {
                SharedAssemblies.RequireVersion(reference, path);
            }

            return new FunctionAssembly(assembly, path);
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException)
        {
            throw new TaskException($"Expected a .NET assembly at '{path}', but it cannot be loaded: {e.Message}", e);
        }
    }

    /// <summary>Finds a method.</summary>
    /// <param name="reference">The method.</param>
    /// <param name="takesHidden">Whether it may be one that is not public: where an application has named it itself.</param>
    /// <exception cref="TaskException">There is no such static method, or several.</exception>
    public MethodInfo Find(MethodReference reference, bool takesHidden = false)
    {
        var type = Call(() => _assembly.GetType(reference.Type, throwOnError: false), reference);
        if (type is null || !(type.IsVisible || takesHidden))
        {
            throw new TaskException($"Expected a {(takesHidden ? string.Empty : "public ")}type '{reference.Type}' in '{_path}', but found {(type is null ? "none" : "one that is not public")}.");
        }

        var access = BindingFlags.Public | BindingFlags.Static | (takesHidden ? BindingFlags.NonPublic : default);
        var methods = Call(() => type.GetMethods(access).Where(m => m.Name == reference.Name).ToArray(), reference);
        return methods switch
        {
            [{ IsGenericMethodDefinition: false } method] when !type.ContainsGenericParameters => Call(() => LoadTypes(method), reference),
            [_] => throw new TaskException($"Expected a method '{reference.Type}.{reference.Name}' without type parameters in '{_path}', but found one with them."),
            _ => throw new TaskException(
                FormattableString.Invariant($"Expected one {(takesHidden ? string.Empty : "public ")}static method '{reference.Name}' of '{reference.Type}' in '{_path}', but found {(methods.Length == 0 ? "none" : $"{methods.Length} of that name")}.")),
        };
    }

    private static MethodInfo LoadTypes(MethodInfo method)
    {
        method.GetParameters();
        return method;
    }

    /// <summary>What a method refers to is looked for when it is looked at.</summary>
    private T Call<T>(Func<T> look, MethodReference reference)
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is IOException or TypeLoadException or BadImageFormatException)
        {
            throw MissingAssembly.Find(e, _assembly, $"'{reference.Type}.{reference.Name}'")
                ?? new TaskException($"Expected what '{reference.Type}' in '{_path}' refers to, but: {(e.InnerException as TaskException ?? e).Message}", e);
        }
    }
}
