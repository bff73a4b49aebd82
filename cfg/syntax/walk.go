// SPDX-License-Identifier: Apache-2.0

package syntax

// Walk calls visit for a node and, where it gives true, for all that stands in it, in the order of the text.
func Walk(n Node, visit func(Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	switch n := n.(type) {
	case *File:
		for _, it := range n.Items {
			Walk(it, visit)
		}
	case *Setting:
		walkExprs(n.Values, visit)
	case *Flags:
		for _, d := range n.Decls {
			Walk(d, visit)
		}
	case *LoadModule:
		Walk(n.Name, visit)
	case *LoadPath:
		Walk(n.Path, visit)
	case *ModParam:
		Walk(n.Module, visit)
		Walk(n.Name, visit)
		Walk(n.Value, visit)
	case *Engine:
		Walk(n.Name, visit)
	case *Route:
		if n.Body != nil {
			Walk(n.Body, visit)
		}
	case Stmt:
		walkStmt(n, visit)
	case *Case:
		walkOptional(n.Value, visit)
		walkStmts(n.Body, visit)
	case Expr:
		walkExpr(n, visit)
	}
}

func walkStmt(s Stmt, visit func(Node) bool) {
	switch s := s.(type) {
	case *Block:
		walkStmts(s.Stmts, visit)
	case *If:
		Walk(s.Cond, visit)
		Walk(s.Then, visit)
		if s.Else != nil {
			Walk(s.Else, visit)
		}
	case *While:
		Walk(s.Cond, visit)
		Walk(s.Body, visit)
	case *Switch:
		walkOptional(s.Subject, visit)
		for _, c := range s.Cases {
			Walk(c, visit)
		}
	case *Assign:
		Walk(s.Left, visit)
		Walk(s.Right, visit)
	case *Do:
		Walk(s.X, visit)
	case *Return:
		walkOptional(s.Value, visit)
	case *Exit:
		walkOptional(s.Value, visit)
	case *Drop:
		walkOptional(s.Value, visit)
	}
}

func walkExpr(x Expr, visit func(Node) bool) {
	switch x := x.(type) {
	case *Call:
		walkExprs(x.Args, visit)
	case *Unary:
		Walk(x.X, visit)
	case *Binary:
		Walk(x.X, visit)
		Walk(x.Y, visit)
	case *Cast:
		Walk(x.X, visit)
	case *Paren:
		Walk(x.X, visit)
	case *Listen:
		Walk(x.Addr, visit)
		if x.Advertise != nil {
			Walk(x.Advertise, visit)
		}
	case *Socket:
		for _, f := range x.Fields {
			Walk(f, visit)
		}
	}
}

func walkOptional(x Expr, visit func(Node) bool) {
	if x != nil {
		Walk(x, visit)
	}
}

func walkExprs(xs []Expr, visit func(Node) bool) {
	for _, x := range xs {
		Walk(x, visit)
	}
}

func walkStmts(ss []Stmt, visit func(Node) bool) {
	for _, s := range ss {
		Walk(s, visit)
	}
}
