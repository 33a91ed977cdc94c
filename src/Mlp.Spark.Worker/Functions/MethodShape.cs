using System.Reflection;
using Mlp.Spark.Functions;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions;

/// <summary>A method of a user as the worker calls it. Immutable.</summary>
/// <param name="method">The method.</param>
internal sealed class MethodShape(MethodInfo method)
{
    private readonly MethodInfo _method = method;

    /// <summary>What it takes and gives.</summary>
    public MethodForm Form { get; } = new(method);

    /// <summary>The method, for messages.</summary>
    public string Name => Form.Name;

    /// <summary>Its parameters, without a token at the end.</summary>
    public IReadOnlyList<ParameterInfo> Parameters => Form.Parameters;

    /// <summary>Calls the method.</summary>
    /// <param name="arguments">Its arguments, without a token.</param>
    /// <param name="cancellationToken">The token.</param>
    /// <exception cref="TaskException">It threw, or gave null.</exception>
    public object Call(object?[] arguments, CancellationToken cancellationToken)
        => Guard(() => _method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, Form.TakesToken ? [.. arguments, cancellationToken] : arguments, null))
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
    public TaskException Misfit(string wanted) => new(Form.Misfit(wanted));
}
