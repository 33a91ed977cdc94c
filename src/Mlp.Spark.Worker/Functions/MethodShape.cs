using System.Reflection;
using Apache.Arrow;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions;

/// <summary>What a method takes and gives. Immutable.</summary>
internal sealed class MethodShape
{
    private readonly MethodInfo _method;
    private readonly bool _takesToken;

    /// <summary>Looks at a method.</summary>
    /// <param name="method">The method.</param>
    public MethodShape(MethodInfo method)
    {
        _method = method;
        var parameters = method.GetParameters();
        _takesToken = parameters is [.., { ParameterType: var last }] && last == typeof(CancellationToken);
        Parameters = _takesToken ? parameters[..^1] : parameters;
        Name = $"method '{method.DeclaringType!.FullName}.{method.Name}'";
    }

    /// <summary>The method, for messages.</summary>
    public string Name { get; }

    /// <summary>Its parameters, without a token at the end.</summary>
    public IReadOnlyList<ParameterInfo> Parameters { get; }

    /// <summary>What it gives.</summary>
    public Type Result => _method.ReturnType;

    /// <summary>Whether it takes one thing of a type and gives another.</summary>
    /// <typeparam name="TParameter">What it takes.</typeparam>
    /// <typeparam name="TResult">What it gives.</typeparam>
    public bool Is<TParameter, TResult>() => Parameters is [{ ParameterType: var parameter }] && parameter == typeof(TParameter) && typeof(TResult).IsAssignableFrom(Result);

    /// <summary>Whether it takes columns and gives one.</summary>
    public bool TakesColumns() => typeof(IArrowArray).IsAssignableFrom(Result) && Parameters.All(p => typeof(IArrowArray).IsAssignableFrom(p.ParameterType));

    /// <summary>Calls the method.</summary>
    /// <param name="arguments">Its arguments, without a token.</param>
    /// <param name="cancellationToken">The token.</param>
    /// <exception cref="TaskException">It threw, or gave null.</exception>
    public object Call(object?[] arguments, CancellationToken cancellationToken)
        => Guard(() => _method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, _takesToken ? [.. arguments, cancellationToken] : arguments, null))
            ?? throw new TaskException($"Expected a result from {Name}, but it gave null.");

    /// <summary>Runs code of the user.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="run">The code.</param>
    /// <exception cref="TaskException">It threw.</exception>
    public T Guard<T>(Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is not TaskException)
        {
            // An assembly that the method needs is looked for when it runs.
            var cause = e.InnerException as TaskException ?? e;
            throw MissingAssembly.Find(e, _method) ?? new TaskException($"The {Name} threw {e.GetType().Name}: {cause.Message}", e);
        }
    }

    /// <summary>Refuses the method.</summary>
    /// <param name="wanted">The forms that are wanted.</param>
    public TaskException Misfit(string wanted)
        => new($"Expected {wanted}, each with or without a CancellationToken at the end, but {Name} is '{Describe(Result)} {_method.Name}({string.Join(", ", _method.GetParameters().Select(p => Describe(p.ParameterType)))})'.");

    private static string Describe(Type type)
        => type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Describe))}>" : type.Name;
}
